"""Tokens in the admin: they can be taken back, and nothing else."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from tests.factories import UserFactory
from users.models import AccessToken, User

TOKENS = "/admin/users/accesstoken/"


@pytest.fixture
def browser(db: None) -> Client:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


def issue(user: User) -> AccessToken:
    token, _ = AccessToken.objects.issue(user, name="", lifetime=timedelta(hours=1))
    return token


def test_selected_tokens_are_revoked_and_on_record(browser: Client) -> None:
    user = UserFactory.create()
    chosen, other = issue(user), issue(user)
    form = {"action": "revoke", "_selected_action": [chosen.pk]}

    page = browser.post(TOKENS, form, follow=True)

    assert "1 revoked." in page.content.decode()
    assert [*AccessToken.objects.revoked()] == [chosen]
    assert [*AccessToken.objects.valid()] == [other]
    assert [entry.object_id for entry in LogEntry.objects.all()] == [str(chosen.pk)]


def test_a_token_that_is_revoked_already_stays_as_it_is(browser: Client) -> None:
    token = issue(UserFactory.create())
    before = timezone.now() - timedelta(days=1)
    AccessToken.objects.filter(pk=token.pk).update(revoked_at=before)

    page = browser.post(TOKENS, {"action": "revoke", "_selected_action": [token.pk]}, follow=True)

    assert "0 revoked." in page.content.decode()
    assert AccessToken.objects.get().revoked_at == before
