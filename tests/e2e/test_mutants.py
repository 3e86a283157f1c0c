"""The grader, tested by mutants: each broken variant of the reference loses exactly its own points."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apps.mutants import MUTANTS, Mutant, apply
from tests.conftest import Grade, lost


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_mutant_loses_exactly_its_own_points(mutant: Mutant, reference: Path, grade: Grade, tmp_path: Path) -> None:
    apply(mutant, reference, tmp_path / "app")
    assert lost(grade(tmp_path / "app")) == sorted(mutant.lost)
