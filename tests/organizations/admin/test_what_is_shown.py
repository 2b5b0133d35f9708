"""Pages show what the reader's permissions cover: nobody learns by one what takes another."""

import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from organizations.models import (
    Department,
    Membership,
    Organization,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests.directories import connect, manage
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
)
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_with
from tests.removals import remove

SECRET_URL = "https://hooks.example.com/a-secret-in-the-path"  # noqa: S105 (of nobody)
FAR_AWAY = "Department of Somebody Else"
IDENTITY = "ada@directory.invalid"

ID = r"\b[a-z]{2,4}_[0-9A-Za-z]{26}\b"
WORDS_OF_THE_CODE = (
    r"\b([Aa]ctor|[Tt]race id|Source|[Cc]onnections?|[Pp]rocrastinate|override_all_permissions)\b"
)

# Who is shown what, by any one of these permissions.
SHOWN_BY = {
    SECRET_URL: {"view_webhookendpoint", "change_webhookendpoint"},
    FAR_AWAY: {"view_department", "change_department", "delete_department"},
    IDENTITY: {"view_scimidentity", "change_scimidentity"},
}


@pytest.fixture
def world(organization: Organization, owner: Membership) -> list[Membership]:
    """Members, one of them former, who made what has a secret; and a department of others."""
    connect(organization)
    member, former = MembershipFactory.create_batch(2, organization=organization)
    for each in (member, former):
        endpoint = WebhookEndpointFactory.create(
            organization=organization, created_by=each.user, url=SECRET_URL
        )
        WebhookDeliveryFactory.create(endpoint=endpoint)
    manage(member, user_name=IDENTITY)
    remove(former)
    DepartmentFactory.create(name=FAR_AWAY, organization=MembershipFactory.create().organization)
    return [member, former]


def pages(members: list[Membership]) -> Iterator[str]:
    """Yield the address of every page there is, of rows that there are."""
    yield reverse("admin:index")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        for row in model._default_manager.all()[:3]:
            for page in ("change", "history", "delete"):
                yield reverse(f"{name}_{page}", args=[row.pk])
    for member, page in zip(members, ("removal", "restoration"), strict=True):
        yield f"/admin/organizations/membership/{member.pk}/{page}/"
    for term in ("", "Department"):
        yield (
            "/admin/autocomplete/?app_label=organizations&model_name=resource"
            f"&field_name=department&term={term}"
        )


def test_pages_are_titled_in_words_and_say_no_word_of_the_code(
    browser: Client, world: list[Membership]
) -> None:
    for address in pages(world):
        if "autocomplete" in address:
            continue
        page = text_of(browser.get(address, follow=True)).partition("<h1>")[2]
        title, _, _ = page.partition("</h1>")

        assert not re.search(ID, title), address
        page = re.sub("<option.*?</option>", "", page)  # the names of permissions are the code's
        assert not re.search(WORDS_OF_THE_CODE, strip_tags(page)), address


@pytest.mark.parametrize(("private", "needed"), SHOWN_BY.items(), ids=SHOWN_BY)
def test_nothing_is_shown_to_whoever_has_every_permission_but_the_one_for_it(
    world: list[Membership], private: str, needed: set[str]
) -> None:
    every = set(Permission.objects.values_list("codename", flat=True))
    without, with_it = browser_with(*every - needed), browser_with(*every)

    assert not [each for each in pages(world) if private in text_of(without.get(each, follow=True))]
    assert any(private in text_of(with_it.get(each, follow=True)) for each in pages(world))


def test_an_endpoint_is_named_by_its_description_or_its_id(world: list[Membership]) -> None:
    member, former = world
    described = WebhookEndpoint.objects.get(created_by=member.user)
    WebhookEndpoint.objects.filter(pk=described.pk).update(description="Payroll")
    other = WebhookEndpoint.objects.get(created_by=former.user)
    browser = browser_with("view_membership", "view_removal", "view_webhookdelivery")
    memberships = "/admin/organizations/membership/"

    assert "Payroll" in text_of(browser.get(f"{memberships}{member.pk}/change/"))
    record = browser.get(page_of(former.removal))
    assert other.pk in text_of(record)
    assert "Payroll" in text_of(browser.get("/admin/organizations/webhookdelivery/"))
    delivery = WebhookDelivery.objects.get(endpoint=other)
    page = browser.get(page_of(delivery))
    assert other.pk in text_of(page)


def test_whoever_may_view_endpoints_sees_their_addresses(world: list[Membership]) -> None:
    browser = browser_with("view_webhookdelivery", "view_webhookendpoint")

    assert SECRET_URL in text_of(browser.get("/admin/organizations/webhookdelivery/"))


def found_departments(browser: Client, **parameters: str) -> list[str]:
    response = browser.get(
        reverse("admin:autocomplete"),
        {"app_label": "organizations", "model_name": "resource", "field_name": "department"}
        | parameters,
    )
    return [each["text"] for each in response.json()["results"]]


@pytest.mark.parametrize(
    "permissions",
    [
        ("view_membership", "remove_membership"),
        ("view_membership", "deactivate_membership"),
        ("change_resource",),
        ("change_connection",),
    ],
)
def test_who_names_a_department_finds_those_of_one_organization_at_a_time(
    organization: Organization, permissions: tuple[str, ...]
) -> None:
    here = DepartmentFactory.create(organization=organization, name="Here")
    Department.objects.create(organization=MembershipFactory.create().organization, name="There")
    browser = browser_with(*permissions)

    assert found_departments(browser, organization=organization.pk) == [str(here)]
    assert found_departments(browser) == []
    assert browser.get("/admin/organizations/department/").status_code == 403
    assert browser.get(page_of(here)).status_code == 403
