"""Periodic upkeep: retries the jobs of killed workers, deletes what has ended or expired."""

from datetime import timedelta

from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models.functions import Now
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

SILENCE = 30  # seconds without a heartbeat after which a worker is considered dead
KEPT_HOURS = 24
FAILED_LOGINS_KEPT = timedelta(days=1)  # they lock somebody out for an hour
ADMIN_LOG_KEPT = timedelta(days=730)
PRIORITY = 10  # before webhooks, of which many may be waiting


@app.periodic(cron="* * * * *")
@app.task(queue="upkeep", priority=PRIORITY, queueing_lock="take_up_stalled", pass_context=True)
async def take_up_stalled(context: JobContext, timestamp: int) -> None:
    """Put the jobs of workers that were killed back into the queue."""
    for job in await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENCE):
        try:
            await context.app.job_manager.retry_job(job)
        except UniqueViolation:  # a queued job with the same lock will do the work
            await context.app.job_manager.finish_job(job, Status.FAILED, delete_job=False)


@app.periodic(cron="7 * * * *")
@app.task(queue="upkeep", priority=PRIORITY, queueing_lock="delete_finished", pass_context=True)
async def delete_finished(context: JobContext, timestamp: int) -> None:
    """Delete jobs that ended at least a day ago, whether or not they succeeded."""
    await context.app.job_manager.delete_old_jobs(
        nb_hours=KEPT_HOURS,
        include_failed=True,
        include_cancelled=True,
        include_aborted=True,
    )


@app.periodic(cron="13 * * * *")
@app.task(queue="upkeep", queueing_lock="delete_expired")
def delete_expired(timestamp: int) -> None:
    """Delete expired sessions, old failed logins, and old entries of the admin's own log.

    By the database's clock: by a wrong one of a worker, logins and lockouts would end.
    """
    Session.objects.filter(expire_date__lt=Now()).delete()
    AccessAttempt.objects.filter(attempt_time__lt=Now() - FAILED_LOGINS_KEPT).delete()
    LogEntry.objects.filter(action_time__lt=Now() - ADMIN_LOG_KEPT).delete()
