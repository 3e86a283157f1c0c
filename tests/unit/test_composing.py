"""Normal forms of what people send: right for every name, and soon done for whatever else it is."""

from __future__ import annotations

import time
import unicodedata
from typing import Literal, get_args

import pytest

from grader.composing import composed

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]


@pytest.mark.parametrize("form", get_args(Form))
@pytest.mark.parametrize(
    "text", ["", "Zoë", "Zoe\u0308", "\uff23\uff2f\uff2e.py", "한글", "e\u0316\u0301" * 100, "ﬁ" * 333]
)
def test_a_name_is_in_its_normal_form(form: Form, text: str) -> None:
    assert composed(text, form) == unicodedata.normalize(form, text)


@pytest.mark.slow
@pytest.mark.parametrize("form", get_args(Form))
def test_a_megabyte_of_accents_on_one_letter_is_soon_done(form: Form) -> None:
    text = "a" + "\u0316\u0300" * 250_000  # by itself that takes minutes
    begun = time.monotonic()
    assert len(composed(text, form)) >= 500_000
    assert time.monotonic() - begun < 5
