"""Every page of the admin: accessible, in both schemes, and never wider than its window."""

from collections.abc import Iterator
from typing import Literal

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from organizations.models import Membership
from tests.browser.test_removal import log_in, serious_findings
from tests.directories import connect, manage
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OrganizationFactory,
    ResourceFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
)
from tests.removals import remove
from tests.schedules import schedule

COLOURS_HAVE_CHANGED = "Promise.all(document.getAnimations().map(each => each.finished))"
DESK, PHONE = 1280, 375  # pixels

# The words that a page breaks over two lines.
BROKEN_WORDS = """() => {
  const page = document.getElementById("container");
  const texts = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
  const broken = [], range = document.createRange();
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const around = text.parentElement;
    if (!around.checkVisibility() || around.closest("option, svg")) continue;
    for (const word of text.textContent.matchAll(/\\w{2,}/g)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(each => each.top)).size > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""
# How many pixels wider than its place the table of a list is.
TOO_WIDE = """() => {
  const list = document.querySelector(".results");
  return list ? list.scrollWidth - list.clientWidth : 0;
}"""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture
def world(transactional_db: None) -> dict[str, Membership]:
    """Everything that a page can show: members in each state by its name, and what is theirs."""
    acme = OrganizationFactory.create(name="Acme International Holdings")
    departments = DepartmentFactory.create_batch(3, organization=acme)
    MembershipFactory.create(organization=acme, roles=["Owner"])
    active, deactivated, former = (
        MembershipFactory.create(
            organization=acme, roles=["Admin", "Member"], departments=departments
        )
        for _ in range(3)
    )
    for member in (active, deactivated, former):
        ResourceFactory.create_batch(2, organization=acme, owner=member.user)
    connect(acme)
    manage(active)
    OffboardingStepFactory.create(
        organization=acme, title="Get the laptop back", due_days=7, assigned_to_user=active.user
    )
    endpoint = WebhookEndpointFactory.create(
        organization=acme,
        created_by=active.user,
        url=f"https://payroll.example.com/{'hook' * 20}",
        disabled_at=timezone.now(),
        disabled_reason="failing",
    )
    WebhookDeliveryFactory.create(endpoint=endpoint, status="failed", last_error="timeout")
    schedule(active)
    Membership.objects.filter(pk=deactivated.pk).update(deactivated_at=timezone.now())
    nameless = MembershipFactory.create(
        organization=acme,
        user__full_name="",
        user__email="maximilian.featherstonehaugh@acme.example",
    )
    remove(former, nameless)
    return {"active": active, "deactivated": deactivated, "former": former}


def addresses(world: dict[str, Membership]) -> Iterator[str]:
    """Yield the address of the list of each model, of the pages of a row, and of each action."""
    yield reverse("admin:index")
    for model in admin.site._registry:
        if model._meta.app_label != "organizations":
            continue  # Django's own forms have findings
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        row = model._default_manager.first()
        if row:
            yield from (reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history"))
    for state, action in (
        ("active", "removal"),
        ("active", "deactivation"),
        ("deactivated", "reactivation"),
        ("deactivated", "leftovers"),
        ("former", "restoration"),
        ("former", "change"),
    ):
        yield f"/admin/organizations/membership/{world[state].pk}/{action}/"
    yield reverse("admin:organizations_membership_add")
    yield f"/admin/organizations/membership/add/?organization={world['active'].organization_id}"
    yield reverse("admin:organizations_removal_export")
    yield reverse("admin:organizations_resource_add")
    organization = world["active"].organization
    yield f"{reverse('admin:organizations_offboardingstep_add')}?organization={organization.pk}"
    task = organization.offboarding_tasks.get(removal=world["former"].removal)
    yield reverse("admin:organizations_offboardingtask_closing", args=[task.pk])
    endpoint = organization.webhook_endpoints.get()
    yield reverse("admin:organizations_webhookendpoint_rotation", args=[endpoint.pk])
    connection = organization.connections.get()
    for name in ("rotation", "disabling"):
        yield reverse(f"admin:organizations_connection_{name}", args=[connection.pk])


def faults_of(page: Page) -> list[str]:
    """Return what is wrong with the page that the browser shows."""
    faults = []
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 800})
        if (found := page.evaluate("document.documentElement.scrollWidth")) > width:
            faults.append(f"{page.url} is {found} wide in {width} pixels")
        if width == DESK and (words := page.evaluate(BROKEN_WORDS)):
            faults.append(f"{page.url} breaks {words}")
        if width == DESK and page.evaluate(TOO_WIDE):
            faults.append(f"{page.url} has to be scrolled sideways")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.evaluate(COLOURS_HAVE_CHANGED)
        faults += [f"{scheme}: {each}" for each in serious_findings(page)]
    return faults


def test_every_page_is_accessible_and_fits_a_desk_and_a_phone(
    page: Page, world: dict[str, Membership], console: list[str]
) -> None:
    log_in(page)
    faults = []
    for address in addresses(world):
        page.goto(address)
        if page.url.endswith("/secret/"):
            page.locator(".submit-row input").click()  # the page that shows it has no address
        faults += faults_of(page)
    leaver = world["former"].user
    page.goto(f"/admin/users/user/{leaver.pk}/change/")
    for button, title in (
        ("Erase their data", "Erase people's data?"),
        ("Yes, erase", "Result of the erasure"),
    ):
        page.get_by_role("button", name=button).click()
        page.get_by_role("heading", name=title).wait_for()
        faults += faults_of(page)

    assert faults == []
    assert console == []
