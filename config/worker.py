"""A worker as a process beside another, which ends when the other does."""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import django
from django.core.management import call_command


@contextmanager
def worker_alongside() -> Iterator[None]:
    """Run a worker until the end of the block, or of this process, however that ends."""
    worker = multiprocessing.get_context("spawn").Process(target=_work)
    worker.start()
    try:
        yield
    finally:
        worker.terminate()  # what it has in hand is finished
        worker.join()


def _work() -> None:
    """Do jobs until the process beside which this one runs has ended."""
    Thread(target=_end_with_parent, daemon=True).start()
    django.setup()
    call_command("procrastinate", "worker")


def _end_with_parent() -> None:
    """End this process once its parent has ended; another worker takes up what it had in hand."""
    parent = multiprocessing.parent_process()
    assert parent  # noqa: S101  # this is a child
    parent.join()
    os._exit(1)
