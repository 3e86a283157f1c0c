"""Grades what waits in a department's database, with any number of processes on any number of machines."""
