"""Reports the tasks that are overdue, each once, as a job of the worker."""

from django.db import connection, transaction
from procrastinate.contrib.django import app

from config.timestamps import in_whole_seconds
from organizations.models import Event, Source

AT_A_TIME = 1000

# It skips tasks that are locked: the next run, a minute later, reports them.
_MARK = """
    UPDATE organizations_offboardingtask AS task
    SET overdue_reported_at = statement_timestamp()
    FROM (
        SELECT task.id, membership.user_id
        FROM organizations_offboardingtask AS task
        JOIN organizations_removal AS removal ON removal.id = task.removal_id
        JOIN organizations_membership AS membership ON membership.id = removal.membership_id
        WHERE task.state = 'open' AND task.due_at <= statement_timestamp()
            AND task.overdue_reported_at IS NULL
        ORDER BY task.due_at, task.id
        LIMIT %(at_a_time)s
        FOR NO KEY UPDATE OF task SKIP LOCKED
    ) AS due
    WHERE task.id = due.id
    RETURNING
        task.organization_id, due.user_id, task.removal_id, task.id, task.key, task.due_at
"""


@app.periodic(cron="* * * * *")
@app.task(queue="upkeep", queueing_lock="report_overdue_tasks")
def report_overdue_tasks(timestamp: int) -> None:
    """Report every task that is overdue."""
    report_overdue()


def report_overdue() -> None:
    """Write the event ``task.overdue`` of each open task that is due and was never reported.

    A transaction has a thousand. A task that is reopened is not reported again.
    """
    while _report() == AT_A_TIME:
        pass


@transaction.atomic
def _report() -> int:
    """Report at most a thousand; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {"at_a_time": AT_A_TIME})
        overdue = cursor.fetchall()
    Event.objects.bulk_record(
        Event(
            type=Event.Type.TASK_OVERDUE,
            organization_id=organization_id,
            user_id=user_id,
            source=Source.SCHEDULE,
            data={
                "removal_id": removal_id,
                "task_id": task_id,
                "key": key,
                "due_at": in_whole_seconds(due_at),
            },
        )
        for organization_id, user_id, removal_id, task_id, key, due_at in overdue
    )
    return len(overdue)
