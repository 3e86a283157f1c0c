"""Grades what waits in a department's database, with any number of processes on any number of machines.

model       how a worker works
engines     what starts students' programs, one for each set of packages
working     one job: its files, its rubric, its result
pulse       whether this process was running all the time
recording   what a grading tells, written down a few times a second
loop        the threads, the leases, and an orderly end
"""
