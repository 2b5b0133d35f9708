"""Pages that the database had no answer for."""

from unittest.mock import patch

import pytest
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.test import Client

from organizations.models import Membership, Removal
from tests.organizations.admin.member_pages import confirmation
from tests.organizations.admin.page import text_of


@pytest.mark.parametrize(
    "fault", [OperationalError("deadlock"), InterfaceError("closed"), InternalError("read-only")]
)
def test_a_confirmation_that_failed_can_be_sent_again(
    browser: Client, member: Membership, fault: Exception
) -> None:
    address = confirmation(browser, "removal", member)

    with patch("organizations.admin.member_removal.remove_members", side_effect=fault):
        failed = browser.post(address, {"reason": ""})

    assert failed.status_code == 503
    assert int(failed["Retry-After"]) > 0
    assert "try again in a moment" in text_of(failed)
    assert browser.post(address, {"reason": ""}).status_code == 302
    assert Removal.objects.get().membership == member


def test_a_page_says_that_the_database_is_away(browser: Client) -> None:
    with patch.object(connection, "cursor", side_effect=OperationalError("away")):
        response = browser.get("/admin/")

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "busy or away" in text_of(response)


def test_a_page_without_permission_says_so_and_links_home(reader: Client) -> None:
    refused = reader.get("/admin/organizations/removal/")

    assert refused.status_code == 403
    assert "Your account has no permission for this page." in text_of(refused)
    assert '<a href="/admin/">Home</a>' in text_of(refused)
