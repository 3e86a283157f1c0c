"""YAML → Rubric; every fault at once, with file, line and column."""

from grader.rubric.compose import MOST_BYTES
from grader.rubric.load import available, load_rubric, parse_rubric

__all__ = ["MOST_BYTES", "available", "load_rubric", "parse_rubric"]
