"""What is known of a class: its people, their submissions, and every grading that was ever made, with its evidence.

    codec, kinds   evidence and reports as bytes and back
    tables         what the database holds; migrations: how it came to be
    database       a connection, brought up to date
    store          what batch, web and workers ask of it
    listing        the people and the work of a run
    folder         a store of its own in a folder, for one writer at a time

Imported where many submissions are graded, and nowhere else: a single one needs no database.
"""
