"""Jobs are shown to whoever may view them, and nobody cancels or repeats one in the admin."""

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from organizations.events.delivery import SEND, defer_sending
from tests.factories import WebhookDeliveryFactory
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_with

JOBS = "/admin/procrastinate/procrastinatejob/"


@pytest.fixture
def job(db: None) -> ProcrastinateJob:
    """A job that waits."""
    defer_sending([WebhookDeliveryFactory.create().pk])
    waiting: ProcrastinateJob = ProcrastinateJob.objects.get(task_name=SEND)
    return waiting


def test_jobs_are_shown_with_their_permission(job: ProcrastinateJob) -> None:
    assert browser_with("view_event").get(JOBS).status_code == 403
    client = browser_with("view_procrastinatejob")

    assert "organizations.events.tasks.send" in text_of(client.get(JOBS))
    assert "deferred" in text_of(client.get(page_of(job)))


@pytest.mark.parametrize("action", ["cancel", "abort", "retry", "delete_selected"])
def test_not_even_a_superuser_cancels_or_repeats_one(
    browser: Client, job: ProcrastinateJob, action: str
) -> None:
    form = {"action": action, "_selected_action": [job.pk], "post": "yes"}

    page = browser.post(JOBS, form, follow=True)

    assert 'name="action"' not in text_of(page)
    job.refresh_from_db()
    assert job.status == "todo"
    for address in (f"{JOBS}add/", page_of(job), f"{JOBS}{job.pk}/delete/"):
        assert browser.post(address, {"status": "cancelled", "post": "yes"}).status_code == 403
