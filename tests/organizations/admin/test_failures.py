"""Pages that the database had no answer for."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from organizations.models import Membership, Organization, Removal
from tests.concurrency import in_background
from tests.factories import MembershipFactory
from tests.organizations.admin.page import text_of

MEMBERSHIPS = "/admin/organizations/membership/"


@pytest.fixture
def member(organization: Organization, owner: Membership) -> Membership:
    return MembershipFactory.create(organization=organization, roles=["Member"])


@pytest.mark.parametrize(
    "address",
    [
        reverse("admin:organizations_organization_change", args=["org_\0"]),
        reverse("admin:users_user_history", args=["\0"]),
        f"{MEMBERSHIPS}?organization=%00",
    ],
)
def test_what_no_record_can_have_is_a_page_that_says_so(browser: Client, address: str) -> None:
    response = browser.get(address)

    assert response.status_code == 400
    assert "no record has" in text_of(response)


@pytest.mark.django_db(transaction=True)
def test_a_confirmation_that_waits_too_long_for_a_lock_can_be_sent_again(
    browser: Client, member: Membership
) -> None:
    confirmation = browser.get(f"{MEMBERSHIPS}{member.pk}/removal/")["Location"]

    def confirm() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        return browser.post(confirmation, {"reason": ""})

    with transaction.atomic():
        Membership.objects.select_for_update().get(pk=member.pk)
        with in_background(confirm) as confirmed:
            refused = confirmed.result()

    assert refused.status_code == 503
    assert "try again in a moment" in text_of(refused)
    assert not Removal.objects.exists()
    assert browser.post(confirmation, {"reason": ""}).status_code == 302
    assert Removal.objects.get().membership == member
