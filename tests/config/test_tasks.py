"""The periodic upkeep by workers."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import JobDeferrer

from config.tasks import delete_expired
from tests.clocks import set_clock_ahead
from tests.factories import UserFactory
from tests.workers import take_up_stalled, work

pytestmark = pytest.mark.django_db(transaction=True)


def job_in_hand(deferrer: JobDeferrer | None = None) -> int:
    """Return the id of a job that a worker is running."""
    job_id = (deferrer or app.configure_task("nothing", queue="other")).defer()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        [worker] = cursor.fetchone()
        cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(ARRAY['other'], %s)", [worker])
        assert cursor.fetchone() == (job_id,)
    return job_id


def status_of(job_id: int) -> str:
    return str(ProcrastinateJob.objects.get(pk=job_id).status)


@pytest.mark.parametrize(
    ("silent_for", "status"),
    [(timedelta(seconds=20), "doing"), (timedelta(seconds=31), "todo")],
)
def test_what_a_silent_worker_had_in_hand_is_put_back(silent_for: timedelta, status: str) -> None:
    job_id = job_in_hand()

    take_up_stalled(after=silent_for)

    assert status_of(job_id) == status


def test_what_is_waited_for_already_is_not_put_back_and_holds_up_nothing_else() -> None:
    once = app.configure_task("nothing", queue="other", queueing_lock="once")
    killed, other = job_in_hand(once), job_in_hand()
    waiting = once.defer()

    take_up_stalled(after=timedelta(seconds=31))

    assert [status_of(job) for job in (killed, waiting, other)] == ["failed", "todo", "todo"]


@pytest.mark.parametrize("ended", ["succeeded", "failed", "cancelled", "aborted"])
def test_jobs_that_ended_are_deleted_after_a_day(ended: str) -> None:
    old, recent, mail = (
        app.configure_task("nothing", queue=queue).defer() for queue in ("other", "other", "mail")
    )
    waiting = app.configure_task("nothing", queue="other").defer()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = %s WHERE id = ANY(%s)",
            [ended, [old, recent, mail]],
        )
        for job_id, hours in ((old, 25), (mail, 25), (recent, 23), (waiting, 25)):
            cursor.execute(
                "UPDATE procrastinate_events SET at = at - make_interval(hours => %s)"
                " WHERE job_id = %s",
                [hours, job_id],
            )
    app.configure_task("config.tasks.delete_finished", queue="upkeep").defer(timestamp=0)

    work("upkeep")

    left = ProcrastinateJob.objects.filter(task_name="nothing").values_list("pk", flat=True)
    assert set(left) == {recent, waiting}


def test_what_is_over_is_deleted() -> None:
    now = timezone.now()
    staff = UserFactory.create()
    for name, hours in (("over", -1), ("lasting", 1)):
        expire = now + timedelta(hours=hours)
        Session.objects.create(session_key=name, session_data="", expire_date=expire)
    for name, days in (("old", 2), ("recent", 0)):
        AccessAttempt.objects.create(username=name, failures_since_start=1)
        at = now - timedelta(days=days)
        AccessAttempt.objects.filter(username=name).update(attempt_time=at)
    for name, days in (("old", 731), ("recent", 729)):
        at = now - timedelta(days=days)
        LogEntry.objects.create(user=staff, object_repr=name, action_flag=2, action_time=at)

    delete_expired(timestamp=0)

    assert [session.session_key for session in Session.objects.all()] == ["lasting"]
    assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["recent"]
    assert [entry.object_repr for entry in LogEntry.objects.all()] == ["recent"]


def test_by_a_wrong_clock_of_the_worker_nothing_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    expire = timezone.now() + timedelta(hours=1)
    Session.objects.create(session_key="lasting", session_data="", expire_date=expire)
    AccessAttempt.objects.create(username="recent", failures_since_start=1)
    LogEntry.objects.create(
        user=UserFactory.create(),
        object_repr="not two years old",
        action_flag=2,
        action_time=timezone.now() - timedelta(days=600),
    )
    set_clock_ahead(monkeypatch)

    delete_expired(timestamp=0)

    left = [model.objects.count() for model in (Session, AccessAttempt, LogEntry)]
    assert left == [1, 1, 1]
