"""What a department keeps: accounts, courses, assignments, what was handed in, what became of it, and who may see it.

tables, database   what is stored, and how it is reached
accounts           people, passwords, tokens
access             who may do what
showing            what of a result is shown to whom, and when
"""
