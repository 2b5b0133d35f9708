"""Upgrading allows each directory the domains of the accounts that it made."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from organizations.connections.service import disable
from organizations.domains.service import domains_of
from organizations.models import Connection, Domain, Organization
from tests.directories import connect, manage
from tests.factories import MembershipFactory, OrganizationFactory

MIGRATION = import_module("organizations.migrations.0004_domains")


def connect_directory(organization: Organization) -> Connection:
    directory, _ = connect(organization, domains=())
    return directory


def have_made(directory: Connection, *addresses: str) -> None:
    for address in addresses:
        member = MembershipFactory.create(organization=directory.organization, user__email=address)
        manage(member, account_made_by=directory)


def upgrade(capsys: pytest.CaptureFixture[str]) -> str:
    with connection.schema_editor() as editor:
        MIGRATION.fill_domains(apps, editor)
    return capsys.readouterr().out


def test_the_domains_of_the_accounts_that_it_made_are_set_and_printed(
    organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = connect_directory(organization)
    have_made(directory, "lea@example.com", "max@eu.example.com", "mia@example.com")
    adopted = MembershipFactory.create(organization=organization, user__email="ada@adopted.example")
    manage(adopted)
    MembershipFactory.create(organization=organization, user__email="eve@by-hand.example")

    printed = upgrade(capsys)

    assert domains_of(organization.pk) == ["eu.example.com", "example.com"]
    assert not Domain.objects.filter(is_shared=True).exists()
    assert f"{organization} ({organization.pk}): eu.example.com, example.com\n" in printed


def test_what_an_earlier_directory_of_the_organization_made_counts(
    organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = connect_directory(organization)
    have_made(earlier, "lea@example.com")
    disable(earlier)
    connect_directory(organization)

    upgrade(capsys)

    assert domains_of(organization.pk) == ["example.com"]


def test_what_can_be_no_organizations_own_is_left_out_and_named(
    organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    have_made(connect_directory(organization), "a@example.com", "b@gmail.com", "c@[192.0.2.1]")

    printed = upgrade(capsys)

    assert domains_of(organization.pk) == ["example.com"]
    assert "Left out: Anybody can have an address of “gmail.com”" in printed
    assert "Left out: “[192.0.2.1]” is not a mail domain" in printed


def test_organizations_whose_directories_made_accounts_of_one_domain_share_it(
    capsys: pytest.CaptureFixture[str], db: None
) -> None:
    first, second = sorted(OrganizationFactory.create_batch(2), key=lambda each: each.pk)
    have_made(connect_directory(second), "lea@example.com")
    have_made(connect_directory(first), "max@example.com")

    printed = upgrade(capsys)

    assert list(Domain.objects.order_by("pk").values_list("organization", "is_shared")) == [
        (first.pk, False),
        (second.pk, True),
    ]
    assert f"example.com (shared with {first} ({first.pk}))" in printed


def test_an_organization_whose_directory_is_disabled_gets_none(
    organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = connect_directory(organization)
    have_made(directory, "lea@example.com")
    disable(directory)

    assert upgrade(capsys) == ""
    assert not Domain.objects.exists()


def test_a_directory_that_made_none_is_named_too(
    organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    connect_directory(organization)

    assert f"{organization} ({organization.pk}): none\n" in upgrade(capsys)
