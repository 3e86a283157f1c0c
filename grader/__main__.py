"""`python -m grader` is `grade`."""

import sys

if (
    not sys.flags.safe_path
):  # the folder that the command is run in: somebody's work may lie there, with a yaml.py in it
    del sys.path[0]

from grader.cli import main

main()
