"""Pages that the database had no answer for."""

from unittest.mock import patch

import pytest
from django.db import InterfaceError, InternalError, OperationalError
from django.test import Client
from django.urls import reverse

from organizations.models import Membership, Organization, Removal
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


@pytest.mark.parametrize(
    "fault", [OperationalError("deadlock"), InterfaceError("closed"), InternalError("read-only")]
)
def test_a_confirmation_that_failed_can_be_sent_again(
    browser: Client, member: Membership, fault: Exception
) -> None:
    confirmation = browser.get(f"{MEMBERSHIPS}{member.pk}/removal/")["Location"]

    with patch("organizations.admin.member_removal.remove_members", side_effect=fault):
        failed = browser.post(confirmation, {"reason": ""})

    assert failed.status_code == 503
    assert int(failed["Retry-After"]) > 0
    assert "try again in a moment" in text_of(failed)
    assert browser.post(confirmation, {"reason": ""}).status_code == 302
    assert Removal.objects.get().membership == member
