"""The worker's part in directories."""

from procrastinate.contrib.django import app

from organizations.scim.remove_after_days import remove_leavers


# No queueing lock: a killed worker's job could not be put back while the next minute's waits.
@app.periodic(cron="* * * * *")
@app.task(queue="schedule", lock="remove_leavers")
def take_up_leavers(timestamp: int) -> None:
    """Remove whom directories have left deactivated for as long as they say."""
    remove_leavers()
