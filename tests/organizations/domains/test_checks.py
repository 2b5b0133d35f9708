"""Directories that can add nobody are named."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, connections

from organizations.connections.service import disable
from organizations.domains.checks import check_deployed_directories, check_directories_have_domains
from organizations.domains.service import add_domains
from organizations.models import Organization
from tests.directories import connect


def warnings_of(**options: object) -> str:
    output = StringIO()
    call_command("check", **options, stdout=output, stderr=output)
    return output.getvalue()


@pytest.mark.parametrize("options", [{"databases": ["default"]}, {"deploy": True}])
def test_an_enabled_directory_without_a_domain_is_named_with_what_to_do(
    organization: Organization, options: dict[str, object]
) -> None:
    connect(organization, domains=(), name="Okta")

    told = warnings_of(**options)

    assert f"The directory Okta of {organization} ({organization.pk}) can add nobody" in told
    assert f"manage.py set_domains {organization.pk} DOMAIN" in told


def test_it_is_named_once_where_both_are_asked(organization: Organization) -> None:
    connect(organization, domains=())

    assert warnings_of(databases=["default"], deploy=True).count("can add nobody") == 1


def test_whatever_can_add_somebody_or_is_disabled_is_not_named(organization: Organization) -> None:
    connection, _ = connect(organization, domains=())
    disable(connection)
    assert check_directories_have_domains(databases=["default"]) == []

    connect(organization, domains=())
    add_domains(organization.pk, ["example.com"])

    assert check_directories_have_domains(databases=["default"]) == []


def test_before_the_table_is_there_nothing_is_asked_of_it(organization: Organization) -> None:
    connect(organization, domains=())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE organizations_domain RENAME TO organizations_other")

    assert check_directories_have_domains(databases=["default"]) == []


def test_a_plain_check_needs_no_database(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OperationalError("away")

    with monkeypatch.context() as patched:
        patched.setattr(connections["default"], "cursor", fail)

        assert check_deployed_directories(databases=None) == []
        assert "no issues" in warnings_of()
