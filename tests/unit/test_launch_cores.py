"""A job keeps to one processor, and whatever it starts does, too."""

from __future__ import annotations

import os
import threading

from grader.launch import cores


def in_a_thread(job: int) -> set[int]:
    """The processors of a thread that keeps to one."""
    found: list[set[int]] = []

    def keep() -> None:
        cores.keep_to_one(job)
        found.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=keep)
    thread.start()
    thread.join()
    return found[0]


def test_a_job_keeps_to_one_processor_and_the_caller_to_all_of_its_own() -> None:
    before = os.sched_getaffinity(0)
    assert len(in_a_thread(0)) == 1
    assert os.sched_getaffinity(0) == before


def test_jobs_are_spread_over_all_processors() -> None:
    usable = set(cores.usable())
    assert set().union(*(in_a_thread(job) for job in range(len(usable)))) == usable


def test_there_are_as_many_jobs_as_processors_that_may_be_used() -> None:
    assert cores.how_many() == len(os.sched_getaffinity(0))
