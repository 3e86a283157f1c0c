"""Observations → Evidence: starts the program, sends the requests, writes down what came back."""

from grader.observe.observer import observe
from grader.observe.order import seed_of
from grader.observe.wanting import lacking

__all__ = ["lacking", "observe", "seed_of"]
