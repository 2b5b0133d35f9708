"""What workers do for each other: take up what a killed one had in hand, delete what is done."""

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

# A worker that has not been heard of for so many seconds is taken for dead.
SILENCE = 30
KEPT_HOURS = 24
PRIORITY = 10  # before webhooks, of which many may wait


@app.periodic(cron="* * * * *")
@app.task(queue="upkeep", priority=PRIORITY, queueing_lock="take_up_stalled", pass_context=True)
async def take_up_stalled(context: JobContext, timestamp: int) -> None:
    """Put the jobs of workers that were killed back into the queue."""
    for job in await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENCE):
        try:
            await context.app.job_manager.retry_job(job)
        except UniqueViolation:  # the next of its kind waits already, and does its work
            await context.app.job_manager.finish_job(job, Status.FAILED, delete_job=False)


@app.periodic(cron="7 * * * *")
@app.task(queue="upkeep", priority=PRIORITY, queueing_lock="delete_finished", pass_context=True)
async def delete_finished(context: JobContext, timestamp: int) -> None:
    """Delete jobs that ended a day ago or earlier, however they ended."""
    await context.app.job_manager.delete_old_jobs(
        nb_hours=KEPT_HOURS,
        include_failed=True,
        include_cancelled=True,
        include_aborted=True,
    )
