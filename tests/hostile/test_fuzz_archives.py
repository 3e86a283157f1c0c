"""Whatever an archive says of itself, it is opened or refused, and nothing of it gets out of the workspace.

`fuzz_archives` says how one seed is tried again.
"""

from __future__ import annotations

import pytest

from tests.hostile.fuzzing import tried

MODULE = "tests.hostile.fuzz_archives"


def test_a_few_odd_archives_harm_nothing() -> None:
    tried(MODULE, 60, processes=1)


@pytest.mark.slow
def test_five_thousand_odd_archives_harm_nothing() -> None:
    tried(MODULE, 5_000)
