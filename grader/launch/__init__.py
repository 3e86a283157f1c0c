"""Submission and start condition → a running server, watched from outside.

`Launcher` keeps one warm interpreter; `Launcher.open` makes a box for one submission; `Box.start` starts the program.
"""

from grader.launch.box import Box, Running, Unusable
from grader.launch.launcher import Launcher

__all__ = ["Box", "Launcher", "Running", "Unusable"]
