"""How far it is: a bar on a terminal, a line now and then in a log."""

import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

from tqdm import tqdm

from organizations.bulk_removal.report import Totals

Row = TypeVar("Row")

SECONDS_BETWEEN_LINES = 5


def show_progress(
    batches: Iterable[list[Row]], total: int, totals: Totals, stream: TextIO
) -> Iterator[list[Row]]:
    """Pass the batches on, and show after each how many of the ``total`` rows are through."""
    on_terminal = stream.isatty()
    done, last_line = 0, time.monotonic()
    with tqdm(total=total, unit=" rows", file=stream, disable=not on_terminal) as bar:
        for rows in batches:
            yield rows
            done += len(rows)
            bar.update(len(rows))
            if not on_terminal and time.monotonic() - last_line >= SECONDS_BETWEEN_LINES:
                last_line = time.monotonic()
                print(f"{done:,} of {total:,} rows: {totals}", file=stream, flush=True)
