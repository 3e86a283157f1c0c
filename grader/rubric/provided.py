"""The files that a rubric provides: read once, with the rubric."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from grader.model import Provided
from grader.rubric.compose import Mapping, Node
from grader.rubric.compose import Sequence as ListNode
from grader.rubric.faults import Faults, Place, shown
from grader.rubric.heads import ProvideKeys

_MOST_BYTES = 20 << 20


class Folder:
    """Where a rubric's own files are; nowhere, for a rubric that came from no file."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def read(self, file: str) -> bytes:
        """A file of it. Raises ValueError, in words for a rubric's author."""
        if self._path is None:
            raise ValueError(f"there is no folder to take {shown(file)} from; use content")
        try:
            path = (self._path / file).resolve()
            if not path.is_relative_to(self._path.resolve()):
                raise ValueError(f"{shown(file)} leads out of the rubric's folder")
            if not path.is_file():
                raise ValueError(f"there is no file {shown(file)} beside the rubric")
            if os.path.getsize(path) > _MOST_BYTES:
                raise ValueError(f"{shown(file)} is larger than {_MOST_BYTES >> 20} MiB")
            return path.read_bytes()
        except OSError as error:
            raise ValueError(f"{shown(file)} cannot be read: {error.strerror}") from error
        except RuntimeError as error:  # as pathlib says before Python 3.13
            raise ValueError(f"{shown(file)} is a link to itself") from error

    def digest(self, sha256: str, provided: Sequence[Provided]) -> str:
        """The hash of a rubric together with its files; that of the rubric, where it has none."""
        if not provided:
            return sha256
        digest = hashlib.sha256(sha256.encode())
        for file in provided:
            way = "+" if file.append else ":"
            digest.update(f"{len(file.path.encode())}:{file.path}{len(file.content)}{way}".encode() + file.content)
        return digest.hexdigest()


def read_provided(files: Sequence[ProvideKeys], folder: Folder, root: Node, faults: Faults) -> tuple[Provided, ...]:
    """What `provide` names. What cannot be read is among the faults."""
    found: list[Provided] = []
    for index, keys in enumerate(files):
        try:
            content = keys.content.encode() if keys.content is not None else folder.read(keys.file or "")
            found.append(Provided(keys.target, content, keys.append))
        except ValueError as error:
            faults.add(_place(root, index), f"provide: {error}.")
    if sum(len(file.content) for file in found) > _MOST_BYTES:
        faults.add(_place(root, 0), f"provide: all files together are larger than {_MOST_BYTES >> 20} MiB.")
    return tuple(found)


def _place(root: Node, index: int) -> Place:
    node = root.items.get("provide") if isinstance(root, Mapping) else None
    if isinstance(node, ListNode) and index < len(node.items):
        return node.items[index].place
    return node.place if node is not None else root.place
