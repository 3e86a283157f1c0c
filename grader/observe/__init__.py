"""Observations → Evidence: starts the program, sends the requests, writes down what came back."""

from grader.observe.observer import observe

__all__ = ["observe"]
