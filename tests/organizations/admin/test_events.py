"""The log of changes, as staff read it."""

import pytest
from django.test import Client
from django.utils.formats import date_format

from organizations.models import Event, Membership, Organization
from tests.factories import MembershipFactory, UserFactory
from tests.organizations.admin.page import page_of, text_of
from tests.removals import remove

EVENTS = "/admin/organizations/event/"


@pytest.fixture
def ada(organization: Organization, owner: Membership) -> Membership:
    """Somebody who was removed."""
    user = UserFactory.create(full_name="Ada King Lovelace", email="ada@example.com")
    return MembershipFactory.create(organization=organization, user=user)


def test_an_event_reads_as_text_and_leads_to_the_record(browser: Client, ada: Membership) -> None:
    remove(ada)
    removal_id = ada.removal.pk

    page = text_of(browser.get(page_of(Event.objects.get())))

    assert "Member removed" in page
    assert f"removal: {removal_id}" in page
    assert f'<a href="/admin/organizations/removal/{removal_id}/change/">' in page


def test_records_are_titled_by_the_person_and_what_was_done(
    browser: Client, ada: Membership
) -> None:
    remove(ada)
    acme, day = ada.organization, date_format(ada.removal.created_at)

    for page, title in (
        (f"removal/{ada.removal.pk}", f"Removal of Ada King Lovelace from {acme}, {day}"),
        (f"event/{Event.objects.get().pk}", f"Member removed: Ada King Lovelace, {acme}, {day}"),
    ):
        shown = text_of(browser.get(f"/admin/organizations/{page}/change/"))
        assert f"<h1>{title}</h1>" in shown
        assert f"<title>{title} |" in shown
        assert "{&quot;" not in shown


def test_lists_of_ids_read_as_text(browser: Client, ada: Membership) -> None:
    event = Event.objects.create(
        type=Event.Type.MEMBER_UPDATED,
        organization=ada.organization,
        user=ada.user,
        source="admin",
        data={"roles_added": ["role_1", "role_2"], "roles_removed": []},
    )

    page = text_of(browser.get(page_of(event)))

    assert "roles added: role_1, role_2; roles removed: none" in page
