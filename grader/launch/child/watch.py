"""What differs between the levels: how the sandbox is made, how listening sockets are seen, how everything ends."""

from __future__ import annotations

import abc
import os
import socket
from collections.abc import Sequence
from typing import Any

from . import begin

Address = tuple[str, int]
Spec = dict[str, Any]


class Unavailable(Exception):
    """This level does not work here; says which step failed."""


class Program(abc.ABC):
    """A started program."""

    @abc.abstractmethod
    def exit(self) -> list[int] | None:
        """[code, signal] of the program itself, one of them -1; None while it runs."""

    @abc.abstractmethod
    def ended(self) -> bool:
        """Whether the program and all that it started are gone."""

    @abc.abstractmethod
    def busy(self) -> bool:
        """Whether it has threads or processes besides the one that runs the entry."""

    def problem(self) -> str:
        """What kept the program from being started; empty where nothing did."""
        return ""


class Watch(abc.ABC):
    """One level."""

    mechanisms: Sequence[str] = ()
    source = "kernel"

    def enter(self) -> None:
        """Make the sandbox around this process, once. Raises OSError or Unavailable."""

    @abc.abstractmethod
    def start(self, spec: Spec, log: int, claims: int, ask: int) -> Program:
        """Start the program; the descriptors are its own ends of the pipes. Raises Unavailable."""

    @abc.abstractmethod
    def listeners(self) -> list[Address]:
        """Where the program listens now, as it asked for it."""

    @abc.abstractmethod
    def client(self, address: Address) -> tuple[socket.socket, Address]:
        """An unconnected client socket, and the endpoint at which it reaches the listener."""

    @abc.abstractmethod
    def stop(self, program: Program) -> None:
        """End every process of the start, and wait for that."""

    def sources(self) -> list[Any]:
        """Descriptors that this level has to answer when they become readable."""
        return []

    def answer(self, ready: Sequence[Any]) -> None:
        """Answer those of them that are ready."""

    def leave(self) -> None:
        """Take away what `enter` made."""


def decoded(status: int) -> list[int]:
    """[code, signal] of a wait status, the one that does not apply being -1."""
    return [-1, os.WTERMSIG(status)] if os.WIFSIGNALED(status) else [os.WEXITSTATUS(status), -1]


def prepare(spec: Spec, log: int, claims: int, ask: int, shim: int | None = None) -> None:
    """In the new process: its descriptors, and the limits that hold at every level."""
    begin.redirect(log)
    keep = [d for d in (claims, ask, shim, spec["fault"]) if d is not None]
    begin.close_others([*keep, *spec["keep"]])
    begin.limit()
    spec.update(claims=claims, ask=ask, shim=shim)
