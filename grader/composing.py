"""Letters that Unicode can write in several ways, in one of them.

The standard library takes time by the square of a run of marks (accents) on one letter: minutes for a megabyte of them,
in which no other thread runs. What people send is as long as they like; so a long text is taken piece by piece.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

_PIECE = 1000  # characters: no name of anything is longer


def composed(text: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"] = "NFC") -> str:
    """A text in a normal form. Of one that is longer than any name, letters at the ends of pieces may stay apart."""
    pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
    return "".join(unicodedata.normalize(form, piece) for piece in pieces)
