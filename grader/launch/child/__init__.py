"""What runs on the student's side of the wall, in the student's interpreter.

Standard library only, Python 3.9 or later.

    zygote    a clean process that has Flask loaded and waits
    keeper    one for each submission, forked from the zygote: makes the sandbox, starts programs in it, watches
              them from outside, and hands out sockets that reach them
    program   what a start becomes: the entry file, run, imported or served

The grader talks to the zygote and the keepers over `channel`. Nothing here knows of rubrics or scores.
"""
