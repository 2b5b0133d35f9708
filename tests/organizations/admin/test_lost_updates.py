"""Forms that were opened before somebody else changed their row: they take nothing back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from config.admin.stale_forms import STALE
from organizations.models import Membership
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    ResourceFactory,
    RoleFactory,
    UserFactory,
    WebhookEndpointFactory,
)
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.sent_forms import form_on
from tests.programs import connect_program

Change = tuple[Model, dict[str, Any], dict[str, str]]  # a row, what others set, what is typed


def account(_: Membership) -> Change:
    return UserFactory.create(), {"is_active": False}, {"full_name": "New"}


def department(owner: Membership) -> Change:
    row = DepartmentFactory.create(organization=owner.organization)
    return row, {"name": "Theirs"}, {"name": "Mine"}


def organization(owner: Membership) -> Change:
    return owner.organization, {"name": "Theirs"}, {"name": "Mine"}


def role(owner: Membership) -> Change:
    row = RoleFactory.create(organization=owner.organization, capabilities=["remove_users"])
    return row, {"capabilities": []}, {"name": "New"}


def resource(owner: Membership) -> Change:
    row = ResourceFactory.create(organization=owner.organization, owner=owner.user)
    heir = MembershipFactory.create(organization=owner.organization)
    return row, {"owner": heir.user}, {"name": "New"}


def step(owner: Membership) -> Change:
    row = OffboardingStepFactory.create(organization=owner.organization, description="One\nTwo")
    return row, {"enabled": False}, {"title": "New"}


def endpoint(owner: Membership) -> Change:
    row = WebhookEndpointFactory.create(organization=owner.organization, url="https://a.example/")
    return row, {"event_types": ["member.removed"]}, {"description": "New"}


def program(owner: Membership) -> Change:
    row, _ = connect_program(owner.organization, "remove_users")
    return row, {"expires_at": timezone.now() + timedelta(days=1)}, {"name": "New"}


every_form = pytest.mark.parametrize(
    "make", [account, department, organization, role, resource, step, endpoint, program]
)


@every_form
def test_a_page_from_before_somebody_elses_change_is_refused_and_says_so(
    browser: Client, owner: Membership, make: Callable[[Membership], Change]
) -> None:
    row, theirs, mine = make(owner)
    rows = type(row)._base_manager.filter(pk=row.pk)
    opened = form_on(browser.get(page_of(row)))
    for name, value in theirs.items():
        setattr(row, name, value)
    row.save()
    after = rows.values().get()

    page = browser.post(page_of(row), {**opened, **mine})

    assert STALE in text_of(page)
    assert rows.values().get() == after


@every_form
def test_a_page_that_nobody_overtook_is_saved_also_when_it_is_sent_twice(
    browser: Client, owner: Membership, make: Callable[[Membership], Change]
) -> None:
    row, _, mine = make(owner)
    form = {**form_on(browser.get(page_of(row))), **mine}

    pages = [browser.post(page_of(row), form) for _ in range(2)]

    assert [page.status_code for page in pages] == [302, 302]
