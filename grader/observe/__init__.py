"""Observations → Evidence: starts the program, sends the requests, writes down what came back."""

from grader.observe.observer import observe
from grader.observe.order import seed_of

__all__ = ["observe", "seed_of"]
