"""The daily job of the worker that deletes what is old."""

from procrastinate.contrib.django import app

from organizations.retention.service import delete_what_is_old


@app.periodic(cron="41 3 * * *")
@app.task(queue="upkeep", lock="retention", name="organizations.retention.tasks.delete_old")
def delete_old(timestamp: int) -> None:
    """Have the worker delete what is old, once a day."""
    delete_what_is_old()
