"""What the database holds of mail domains, past the service."""

import pytest

from organizations.domains.service import check_domain
from organizations.models import Organization
from tests.factories import OrganizationFactory
from tests.refusals import refused, sql


def insert(organization: Organization, name: str, is_shared: bool = False) -> None:
    sql(
        "INSERT INTO organizations_domain (organization_id, name, is_shared) VALUES (%s, %s, %s)",
        *(organization.pk, name, is_shared),
    )


def test_a_domain_is_one_organizations_unless_another_shares_it(organization: Organization) -> None:
    other = OrganizationFactory.create()
    insert(organization, "a.example")
    insert(other, "a.example", is_shared=True)

    with refused("domain_of_one_organization"):
        sql("UPDATE organizations_domain SET is_shared = false")


def test_an_organization_has_a_domain_once(organization: Organization) -> None:
    insert(organization, "a.example")

    with refused("domain_of_organization"):
        insert(organization, "a.example", is_shared=True)


@pytest.mark.parametrize(
    "name",
    [
        *("A.example", "bücher.example", "com", "", "a.example.", ".a.example", "a..example"),
        *("192.0.2.1", "[192.0.2.1]", "[ipv6:2001:db8::1]", "lea@a.example", "a .example"),
        *("a.example\n", "-a.example", "a-.example", "*.example", "a_b.example"),
        "x" * 64 + ".example",
    ],
)
def test_a_domain_is_canonical_and_no_address_literal(
    organization: Organization, name: str
) -> None:
    with refused("domain_is_canonical"):
        insert(organization, name)


@pytest.mark.parametrize("name", ["a.example", "3m.com", "xn--bcher-kva.de", "a.b-c.xn--p1ai"])
def test_every_other_domain_is_held(organization: Organization, name: str) -> None:
    insert(organization, name)

    check_domain(organization.pk, f"lea@{name}")


def test_domains_go_with_their_organization(organization: Organization) -> None:
    insert(organization, "a.example")
    organization.delete()

    insert(OrganizationFactory.create(), "a.example")
