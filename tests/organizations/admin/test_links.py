"""No link leads to a page that its reader may not open: what it names is plain text then."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from urllib.parse import urljoin

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.urls import reverse

from organizations.models import Connection, Membership, Organization
from tests.deactivations import deactivate
from tests.directories import connect, manage
from tests.factories import (
    MembershipFactory,
    OffboardingStepFactory,
    ResourceFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
)
from tests.organizations.admin.page import text_of
from tests.organizations.admin.staff import browser_of, staff_with
from tests.programs import connect_program
from tests.removals import remove
from tests.schedules import schedule
from users.models import User

READERS = [
    ("view_membership", "remove_membership", "deactivate_membership", "restore_membership"),
    ("change_domains", "view_offboardingtask", "view_scheduledremoval"),
    ("view_removal", "view_webhookdelivery", "view_accesstoken"),
    ("view_event", "change_connection", "change_webhookendpoint"),
    ("view_user", "erase_user", "add_connection", "view_resource", "view_role"),
]
MEMBERSHIPS = "/admin/organizations/membership/"


@pytest.fixture
def members(organization: Organization, owner: Membership) -> dict[str, Membership]:
    """Members in each state, with everything that a page can name."""
    connect(organization)
    OffboardingStepFactory.create(organization=organization)
    states = ("removal", "deactivation", "reactivation", "leftovers", "restoration")
    members = {each: MembershipFactory.create(organization=organization) for each in states}
    for member in members.values():
        ResourceFactory.create(organization=organization, owner=member.user)
        endpoint = WebhookEndpointFactory.create(organization=organization, created_by=member.user)
        WebhookDeliveryFactory.create(endpoint=endpoint)
        connect_program(organization, created_by=member.user)
        User.objects.filter(pk=member.user_id).update(is_staff=True)
    manage(members["removal"])
    schedule(members["removal"], members["deactivation"])
    deactivate(members["reactivation"])
    remove(members["leftovers"], members["restoration"])
    return members


def pages(members: dict[str, Membership]) -> Iterator[str]:
    """Yield the address of every page there is, of rows that there are."""
    yield reverse("admin:index")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for page in ("changelist", "add"):
            yield reverse(f"{name}_{page}")
        for row in model._default_manager.order_by("-pk")[:3]:
            for page in ("change", "history", "delete"):
                yield reverse(f"{name}_{page}", args=[row.pk])
    for action, member in members.items():
        yield f"{MEMBERSHIPS}{member.pk}/{action}/"
    connection = Connection.objects.directories().get()
    yield reverse("admin:organizations_connection_rotation", args=[connection.pk])
    yield reverse("admin:organizations_removal_export")


@pytest.mark.parametrize("permissions", READERS, ids="+".join)
def test_every_link_leads_somewhere(
    members: dict[str, Membership], permissions: tuple[str, ...]
) -> None:
    reader = staff_with(*permissions)
    LogEntry.objects.log_actions(reader.pk, [*members.values()], CHANGE, "Recent.")
    browser = browser_of(reader)

    @cache
    def status(address: str) -> int:
        return browser.get(address, follow=True).status_code

    for address in pages(members):
        page = browser.get(address, follow=True)
        if page.status_code == 200:
            shown = page.redirect_chain[-1][0] if page.redirect_chain else address
            for link in links_on(page):
                assert status(urljoin(shown, link)) == 200, (address, link)


def links_on(page: object) -> set[str]:
    """Return where the links of a page lead to within the admin."""
    found = re.findall(r'<a [^>]*?href="([^"#]+)"', text_of(page))
    return {
        unescape(link)
        for link in found
        if "logout" not in link and not link.startswith(("/v1", "http"))
    }
