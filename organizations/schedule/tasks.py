"""The worker's part in removals on a date."""

from procrastinate.contrib.django import app

from organizations.schedule.due import carry_out_due


# No queueing lock: a killed worker's job could not be put back while the next minute's waits.
@app.periodic(cron="* * * * *")
@app.task(queue="schedule", lock="carry_out_due")
def take_up_due(timestamp: int) -> None:
    """Carry out the removals that are due."""
    carry_out_due()
