"""YAML → Rubric; every fault at once, with file, line and column."""

from grader.rubric.load import available, load_rubric, parse_rubric

__all__ = ["available", "load_rubric", "parse_rubric"]
