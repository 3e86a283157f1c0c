"""Many submissions: all of them graded, each kept from the others, and nothing lost whatever happens.

    model       Work, BatchHow, Progress, Summary    what it is given, and what it tells
    running     run()                                threads that grade, one that saves and tells
    one         grade_one()                          one work, tried again where the grader failed
    which       what is graded, and what has been already
    engine      what starts students' programs
    rescoring   rescore_all()                        new points from what was seen
    rows, entries  whose attempt counts, for what; the same as lines of a gradebook
    publishing  gradebook, overview and reports, from the store alone

Who hands in what is not known here: whoever calls makes Works of it.
"""
