"""What a department keeps: accounts, courses, assignments, what was handed in, what became of it, and who may see it.

tables, database   what is stored, and how it is reached
accounts           people, passwords, tokens
access             who may do what
showing            what of a result is shown to whom, and when
packing, uploads   what a browser sends becomes one zip; files are kept once, by their hash, within quotas
disk, placing      how they come to lie where they are kept, before the transaction that names them
attempts, counting handing in, numbered and once; which attempt counts
histories          what somebody has handed in, as they may see it; comparing: what changed between two
importing, imports a class's export becomes people, attempts and jobs; how far that is, for whoever watches
book, classes      the gradebook, a line for each person; the same for statistics and for platforms' gradebooks
overriding         points that people give, with their reasons; regrading: proposed, compared, accepted; releasing
"""
