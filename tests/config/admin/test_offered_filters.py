"""Lists filter by what their pages offer, whatever stands in their address."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.admin.filters import QuerySetFilter
from config.admin.offered_filters import REFUSAL
from organizations.models import Membership, Organization
from tests.directories import connect
from tests.factories import MembershipFactory, WebhookDeliveryFactory
from tests.organizations.admin.page import text_of
from tests.removals import remove
from users.models import AccessToken

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
# The parameters of filters with a few choices, by model.
CHOICES = [
    (model, str(choices.parameter_name))
    for model in MODELS
    for choices in admin.site.get_model_admin(model).list_filter
    if isinstance(choices, type) and issubclass(choices, QuerySetFilter)
]
VALUES = {"": "x", "regex": "(", "year": "99999999999", "isnull": "x", "gte": "x", "len": "x"}


def list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def lookups_of(model: type[Model]) -> Iterator[tuple[str, str]]:
    """Yield lookups of every field of a model and of what it refers to, with a value each."""
    for field in model._meta.get_fields():
        for lookup, value in VALUES.items():
            yield "__".join(filter(None, (field.name, lookup))), value
        if field.is_relation:
            yield f"{field.name}__id__regex", "("


@pytest.mark.parametrize("model", MODELS)
def test_no_lookup_of_any_field_fails_and_none_that_is_not_offered_is_run(
    admin_client: Client, model: type[Model]
) -> None:
    address = list_of(model)
    for lookup, value in lookups_of(model):
        with CaptureQueriesContext(connection) as run:
            response = admin_client.get(address, {lookup: value})

        assert response.status_code in {200, 302}, (lookup, value)
        if response.status_code == 302:
            assert response["Location"] == address
        assert not any("~ '('" in query["sql"] for query in run.captured_queries)


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (AccessToken, {"digest": "x"}),
        (AccessToken, {"user__password__startswith": "pbkdf2"}),
        (Membership, {"user__name_words": "x"}),
        (Membership, {"deleted_at__isnull": "0"}),
    ],
)
def test_what_no_page_offers_is_refused_on_the_list_without_it(
    admin_client: Client, model: type[Model], query: dict[str, str]
) -> None:
    MembershipFactory.create()

    response = admin_client.get(list_of(model), query, follow=True)

    assert response.redirect_chain == [(list_of(model), 302)]
    assert REFUSAL in text_of(response)


@pytest.mark.parametrize(
    "query",
    [
        "created_at__year=99999999999",
        "created_at__year=9999",
        "created_at__year=0",
        "created_at__gte=2025-01-01",
        "since=yesterday",
        "since=2025-13-01",
        "until=2025-02-30",
        "until=9999-12-31",
    ],
)
def test_an_impossible_day_is_refused_with_a_message(admin_client: Client, query: str) -> None:
    response = admin_client.get(f"/admin/organizations/removal/?{query}", follow=True)

    assert response.status_code == 200
    assert REFUSAL in text_of(response)


@pytest.mark.django_db(transaction=True)
def test_a_value_that_only_postgresql_refuses_is_refused_with_a_message(
    admin_client: Client,
) -> None:
    address = "/admin/procrastinate/procrastinatejob/"

    response = admin_client.get(
        f"{address}?scheduled_at__gte=2025-01-01 00:00%2B23:59", follow=True
    )

    assert REFUSAL in text_of(response)


@pytest.mark.parametrize(("model", "name"), CHOICES)
def test_a_choice_that_a_list_does_not_offer_is_refused_with_a_message(
    admin_client: Client, model: type[Model], name: str
) -> None:
    response = admin_client.get(list_of(model), {name: "another"}, follow=True)

    assert response.redirect_chain == [(list_of(model), 302)]
    assert REFUSAL in text_of(response)


def test_a_first_and_a_last_day_narrow_the_list(admin_client: Client, owner: Membership) -> None:
    leaver = MembershipFactory.create(organization=owner.organization)
    remove(leaver)
    day = leaver.removal.created_at
    removals = "/admin/organizations/removal/"

    def shown(query: str) -> bool:
        return leaver.user.email in text_of(admin_client.get(f"{removals}?{query}"))

    assert shown(f"since={day:%Y-%m-%d}&until={day:%Y-%m-%d}")
    assert not shown(f"since={day + timedelta(days=1):%Y-%m-%d}")
    assert not shown(f"until={day - timedelta(days=1):%Y-%m-%d}")


def test_every_link_of_our_own_is_to_a_filter_that_is_offered(
    admin_client: Client, organization: Organization
) -> None:
    endpoint = WebhookDeliveryFactory.create().endpoint
    connection, _ = connect(organization)
    remove(MembershipFactory.create(organization=organization))
    pages = (
        "/admin/",
        f"/admin/organizations/organization/{organization.pk}/change/",
        f"/admin/organizations/webhookendpoint/{endpoint.pk}/change/",
        f"/admin/organizations/connection/{connection.pk}/change/",
    )

    links = {
        unescape(link)
        for page in pages
        for link in re.findall(r'href="(/admin/[^"?]+[?][^"]+)"', text_of(admin_client.get(page)))
    }

    assert len(links) >= 8
    assert {link: admin_client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


@pytest.mark.parametrize("model", MODELS)
def test_an_action_on_an_unknown_row_does_not_fail(
    admin_client: Client, model: type[Model]
) -> None:
    actions = admin.site.get_model_admin(model).actions or ()
    names = [each if isinstance(each, str) else each.__name__ for each in actions]
    for name in (*names, "delete_selected"):
        for chosen in ("x", "99999999999999999999", "-1", ""):
            form = {"action": name, "_selected_action": chosen}

            assert admin_client.post(list_of(model), form).status_code in {200, 302}
