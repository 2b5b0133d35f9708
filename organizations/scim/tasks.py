"""The worker's part in directories."""

from procrastinate.contrib.django import app

from organizations.scim.leavers import remove_leavers


@app.periodic(cron="* * * * *")
@app.task(queue="schedule", queueing_lock="remove_leavers", lock="remove_leavers")
def take_up_leavers(timestamp: int) -> None:
    """Remove whom directories have left deactivated for as long as they say."""
    remove_leavers()
