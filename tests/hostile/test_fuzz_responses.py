"""Whatever a server says, the client reports it and the checks judge it, within their time and memory.

`fuzz_responses` says how one seed is tried again.
"""

from __future__ import annotations

import pytest

from tests.hostile.fuzzing import tried

MODULE = "tests.hostile.fuzz_responses"


def test_a_few_odd_responses_break_nothing() -> None:
    tried(MODULE, 60, processes=1)


@pytest.mark.slow
def test_twenty_thousand_odd_responses_break_nothing() -> None:
    tried(MODULE, 20_000, processes=4)  # many of them wait for a deadline
