"""Finding organizations, departments and roles by how a word of their name begins."""

from typing import Any

import pytest
from django.test import Client
from factory.django import DjangoModelFactory

from organizations.models import Organization, Role
from tests.factories import DepartmentFactory, OrganizationFactory, RoleFactory
from tests.sequential_scans import analyze

KINDS = pytest.mark.parametrize("kind", [OrganizationFactory, DepartmentFactory, RoleFactory])
Kind = type[DjangoModelFactory[Any]]

pytestmark = pytest.mark.django_db


@KINDS
@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("Support/IT", "IT"),
        ("Support/IT", "supp"),
        ("\u00d6sterreich-Gruppe", "osterreich gruppe"),
        ("Ca\u0301diz", "C\u00e1diz"),
    ],
)
def test_one_is_found_by_how_a_word_begins(kind: Kind, name: str, term: str) -> None:
    row = kind.create(name=name)
    kind.create(name="Another")

    assert list(type(row).objects.matching(term)) == [row]
    assert list(type(row).objects.matching(f" {row.pk}\u200b")) == [row]
    assert not type(row).objects.matching("upport").exists()


@KINDS
def test_the_admin_finds_as_the_model_does(admin_client: Client, kind: Kind) -> None:
    row = kind.create(name="Support/IT")

    page = admin_client.get(f"/admin/organizations/{row._meta.model_name}/", {"q": "it"})

    assert "Support/IT" in page.content.decode()


def test_every_starting_role_is_found(organization: Organization) -> None:
    for name in ("Owner", "Admin", "Member"):
        assert Role.objects.matching(name.lower()).get().name == name


@KINDS
def test_a_search_uses_its_index(organization: Organization, kind: Kind) -> None:
    model = type(kind.create(name="Support/IT"))
    within = {} if kind is OrganizationFactory else {"organization": organization}
    # Names that recur, as names do: what a beginning matches is estimated by the common words.
    names = (f"a{number % 497} b{number % 503}" for number in range(1000))
    model.objects.bulk_create(kind.build(name=name, **within) for name in names)
    analyze(model._meta.db_table)

    plan = model.objects.matching("it").explain()

    assert "_by_name" in plan
    assert "Seq Scan" not in plan
