"""Decides how long events and closed tasks are kept, and deletes what is older."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from procrastinate.contrib.django import app

from organizations.models import Connection, Organization
from organizations.retention.events import delete_old_events
from organizations.retention.offboarding_tasks import delete_closed_tasks


@app.periodic(cron="41 3 * * *")
@app.task(queue="upkeep", lock="retention", name="organizations.retention.tasks.delete_old")
def delete_old(timestamp: int) -> None:
    """Have the worker delete what is old, once a day."""
    delete_what_is_old()


def delete_what_is_old() -> None:
    """Delete old events and closed tasks; nothing where RETENTION_DAYS is not set."""
    if (kept_from := find_kept_from(timezone.now())) is None:
        return
    for organization_id in Organization.objects.order_by("pk").values_list("pk", flat=True):
        delete_old_events(organization_id, kept_from=kept_from)
    delete_closed_tasks(kept_from=kept_from)


def find_kept_from(now: datetime) -> datetime | None:
    """Return from when on events and closed tasks are kept, None for all of them.

    Nothing goes that is younger than the restore window or than the longest time after which a
    directory removes those whom it deactivated.
    """
    if settings.RETENTION_DAYS is None:
        return None
    longest = Connection.objects.aggregate(days=Max("remove_after_days"))["days"] or 0
    return now - timedelta(days=max(settings.RETENTION_DAYS, settings.RESTORE_WINDOW_DAYS, longest))
