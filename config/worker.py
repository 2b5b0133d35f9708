"""Runs a job worker in a child process that ends with its parent."""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import django
from django.core.management import call_command


@contextmanager
def worker_alongside() -> Iterator[None]:
    """Run a worker until the end of the block, or until this process ends, even if killed."""
    worker = multiprocessing.get_context("spawn").Process(target=_work)
    worker.start()
    try:
        yield
    finally:
        worker.terminate()  # it finishes its current jobs first
        worker.join()


def _work() -> None:
    """Run jobs until the parent process has ended."""
    Thread(target=_end_with_parent, daemon=True).start()
    django.setup()
    call_command("procrastinate", "worker")


def _end_with_parent() -> None:
    """End this process at once when its parent ends; another worker retries its jobs."""
    parent = multiprocessing.parent_process()
    assert parent  # noqa: S101  # this is a child process
    parent.join()
    os._exit(1)
