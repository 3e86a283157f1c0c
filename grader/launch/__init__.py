"""Submission and start condition → a running server, watched from outside.

warm       the interpreter that runs students' programs, with Flask loaded; begun before anything else
launcher   gives each submission a box, at the strongest level that works here
box        starts programs in it, one after the other
running    one of them: where it listens, how to reach it, what it printed
claims     what a program says of itself, fit to be shown
output     a program's output and tracebacks, fit to be shown
scratch    private folders for temporary files, cleared away by the next run where a killed one left them
child/     what runs on the other side of the wall
"""
