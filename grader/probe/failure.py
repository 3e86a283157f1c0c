"""Why there is no usable answer, on its way up to the Exchange that reports it."""

from __future__ import annotations

from grader.model import Failure, FailureKind


class AnswerError(Exception):
    """No usable answer came; `failure` says why. It never leaves this package.

    Neither an OSError nor an HTTPException, so the libraries between the socket and the client let it pass as it is.
    """

    def __init__(self, kind: FailureKind, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(kind, clean(message))


def clean(text: str) -> str:
    """Make text of a server fit for one line of a report: nothing in it can steer a terminal or turn its direction."""
    if text.isprintable():
        return text
    line = " ".join(text.replace("\t", " ").splitlines())
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)
