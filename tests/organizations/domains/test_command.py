"""manage.py set_domains."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from organizations.domains.service import domains_of, set_domains
from organizations.models import Organization
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    output, errors = StringIO(), StringIO()
    call_command("set_domains", *arguments, stdout=output, stderr=errors)
    return output.getvalue(), errors.getvalue()


def test_it_sets_the_list_prints_it_and_says_what_changed(organization: Organization) -> None:
    set_domains(organization.pk, ["a.example", "b.example"])

    output, errors = run(organization.pk, "C.example", "b.example")

    assert output == "b.example\nc.example\n"
    assert errors == "Added: c.example.\nTaken out: a.example.\n"
    assert domains_of(organization.pk) == ["b.example", "c.example"]


def test_without_a_domain_it_empties_the_list(organization: Organization) -> None:
    set_domains(organization.pk, ["a.example"])

    output, errors = run(organization.pk)

    assert output == ""
    assert errors.startswith("Taken out: a.example.\nThe list is empty")

    assert domains_of(organization.pk) == []


def test_every_refused_domain_is_named_and_nothing_is_changed(organization: Organization) -> None:
    set_domains(organization.pk, ["a.example"])

    with pytest.raises(CommandError, match=r"“co\.uk”.*“gmail\.com”"):
        run(organization.pk, "b.example", "gmail.com", "co.uk")

    assert domains_of(organization.pk) == ["a.example"]


def test_a_domain_of_another_organization_takes_shared(organization: Organization) -> None:
    set_domains(OrganizationFactory.create(name="Beta").pk, ["b.example"])

    with pytest.raises(CommandError, match=r"Beta \(org_\w+\) already\..* add --shared"):
        run(organization.pk, "b.example")

    assert run(organization.pk, "b.example", "--shared")[0] == "b.example\n"


@pytest.mark.parametrize("organization_id", ["org_none", "org_caf\udce9"], ids=ascii)
def test_an_organization_that_is_not_there_is_named(organization_id: str) -> None:
    with pytest.raises(CommandError, match="There is no organization with the id org_"):
        run(organization_id, "a.example")
