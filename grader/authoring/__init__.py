"""Help for those who write rubrics: what a rubric asks, what it sees, what a change of it does.

explain    what a student is asked, from the rubric alone
schema     the rubric language as a JSON Schema, for editors
propose    a rubric made from an app
compare    who gains and who loses by a change
"""
