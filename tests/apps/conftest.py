"""Keeps pytest out of the submissions: some of them bring tests of their own."""

collect_ignore_glob = ["*/app"]
