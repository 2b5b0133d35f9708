"""Which addresses an organization allows, and to whom a domain belongs."""

from collections.abc import Callable
from functools import partial

import pytest
from django.core.exceptions import ValidationError

from organizations.domains.names import canonical_domain, validate_domain
from organizations.domains.service import add_domains, check_domain, domains_of, set_domains
from organizations.exceptions import DomainNotAllowedError, DomainTakenError
from organizations.models import Domain, Membership, Organization
from tests.concurrency import all_at_once
from tests.factories import MembershipFactory, OrganizationFactory

NO_DOMAINS = [
    *("[192.0.2.1]", "192.0.2.1", "[IPv6:2001:db8::1]", "localhost", "com", "", "example.com."),
    *("*.example.com", ".example.com", "exam ple.com", "example.com\nevil.example", "-a.example"),
    *("lea@example.com", "https://example.com", f"{'x' * 64}.example", ".".join(["x" * 60] * 5)),
]
PUBLIC_SUFFIXES = ["co.uk", "COM.au", "gov.mt", "or.jp", "onmicrosoft.com"]


def refusal_of(organization: Organization, *addresses: str) -> DomainNotAllowedError:
    with pytest.raises(DomainNotAllowedError) as refusal:
        check_domain(organization.pk, *addresses)
    return refusal.value


@pytest.mark.parametrize(
    "address",
    [
        "lea@example.com",
        "Lea@EXAMPLE.com",
        " lea@example.com\u200b",
        "lea@\uff25xample.com",
        '"le@a"@example.com',
        "lea@bücher.example",
        "lea@xn--bcher-kva.example",
        "lea@BÜCHER.example",
    ],
)
def test_an_address_of_its_domains_is_allowed_however_it_is_written(
    organization: Organization, address: str
) -> None:
    set_domains(organization.pk, ["example.com", "Bücher.example"])

    check_domain(organization.pk, address)


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("lea@eu.example.com", "eu.example.com"),
        ("lea@ple.com", "ple.com"),
        ("lea@notexample.com", "notexample.com"),
        ("lea@example.com.evil.example", "example.com.evil.example"),
        ("lea@example.com@evil.example", "evil.example"),
        ("lea@example.com.", "example.com."),
        ("lea@exampl\u0435.com", "xn--exampl-8of.com"),
        ("lea@[192.0.2.1]", "[192.0.2.1]"),
        ("example.com", ""),
        ("lea", ""),
        ("", ""),
        ("lea@", ""),
    ],
)
def test_any_other_domain_is_refused(organization: Organization, address: str, domain: str) -> None:
    set_domains(organization.pk, ["example.com"])

    refusal = refusal_of(organization, address)

    assert refusal.details == {"domain": domain, "domains": ["example.com"]}


def test_the_refusal_names_the_domain_and_those_allowed(organization: Organization) -> None:
    set_domains(organization.pk, ["example.org", "example.com"])

    refusal = refusal_of(organization, "lea@evil.example")

    assert (refusal.status, refusal.code, refusal.type) == (
        *(403, "DOMAIN_NOT_ALLOWED"),
        "authorization_error",
    )
    assert (
        str(refusal)
        == refusal.message
        == (
            "Addresses of evil.example are not allowed in this organization. Allowed: example.com,"
            " example.org. Whoever operates this service can add a domain."
        )
    )


def test_an_organization_without_domains_allows_nobody(organization: Organization) -> None:
    set_domains(OrganizationFactory.create().pk, ["example.com"])

    refusal = refusal_of(organization, "lea@example.com")

    assert refusal.details == {"domain": "example.com", "domains": []}
    assert "Allowed: none so far." in str(refusal)


def test_of_many_domains_the_message_names_the_first_and_the_details_all(
    organization: Organization,
) -> None:
    names = [f"d{number}.example" for number in range(10, 23)]
    set_domains(organization.pk, names)

    refusal = refusal_of(organization, "lea@evil.example")

    assert f"Allowed: {', '.join(names[:10])} and 3 more." in str(refusal)
    assert refusal.details["domains"] == names


def test_every_address_given_is_asked_for(organization: Organization) -> None:
    set_domains(organization.pk, ["example.com"])

    refusal = refusal_of(organization, "after@example.com", "before@evil.example")

    assert refusal.details["domain"] == "evil.example"
    check_domain(organization.pk)


def test_the_list_is_canonical_sorted_and_has_each_domain_once(organization: Organization) -> None:
    change = set_domains(
        organization.pk,
        ["Example.ORG", "@example.com", " EXAMPLE.com ", "a-b.example", "ab.example", "bücher.de"],
    )

    names = ["a-b.example", "ab.example", "example.com", "example.org", "xn--bcher-kva.de"]
    assert change.added == domains_of(organization.pk) == names
    assert [str(domain) for domain in organization.domains.all()] == names


def test_adding_leaves_the_others(organization: Organization) -> None:
    set_domains(organization.pk, ["b.example"])

    change = add_domains(organization.pk, ["B.example", "a.example"])

    assert (change.added, change.taken_out) == (["a.example"], [])
    assert domains_of(organization.pk) == ["a.example", "b.example"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        *((name, "not a mail domain") for name in NO_DOMAINS),
        *((name, "anybody can register") for name in PUBLIC_SUFFIXES),
        *((name, "Anybody can have an address") for name in ("GMail.com", "yahoo.co.uk", "qq.com")),
    ],
)
def test_what_can_be_no_organizations_own_is_refused(name: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        validate_domain(canonical_domain(name))


@pytest.mark.parametrize("change", [set_domains, add_domains])
def test_where_one_is_refused_none_is_set(
    organization: Organization, change: Callable[[str, list[str]], object]
) -> None:
    with pytest.raises(ValidationError, match="not a mail domain") as refusal:
        change(organization.pk, ["example.com", "localhost", "GMail.com"])

    assert len(refusal.value.messages) == 2
    assert domains_of(organization.pk) == []


@pytest.mark.parametrize(
    "name", ["example.co.uk", "contoso.onmicrosoft.com", "uk.co", "x.gmail.com", "ac.com", "3m.com"]
)
def test_what_only_resembles_them_is_taken(name: str) -> None:
    validate_domain(name)


def test_a_domain_of_another_organization_is_refused_and_the_refusal_names_it(
    organization: Organization,
) -> None:
    other = OrganizationFactory.create(name="Beta")
    set_domains(other.pk, ["beta.example"])

    with pytest.raises(DomainTakenError) as refusal:
        set_domains(organization.pk, ["a.example", "Beta.example"])

    assert str(refusal.value) == f"beta.example is a domain of Beta ({other.pk}) already."
    assert domains_of(organization.pk) == []


def test_a_domain_is_shared_where_that_is_said_of_it(organization: Organization) -> None:
    other = OrganizationFactory.create()
    set_domains(other.pk, ["b.example", "c.example"])

    with pytest.raises(DomainTakenError, match=r"^c\.example is a domain of [^.]+ already\.$"):
        set_domains(organization.pk, ["b.example", "c.example"], shared=["B.example"])
    set_domains(organization.pk, ["a.example", "b.example"], shared=["B.example"])

    assert dict(organization.domains.values_list("name", "is_shared")) == {
        "a.example": False,
        "b.example": True,
    }
    check_domain(organization.pk, "lea@b.example")
    check_domain(other.pk, "lea@b.example")


def test_what_is_shared_already_stays_so_without_a_word(organization: Organization) -> None:
    set_domains(OrganizationFactory.create().pk, ["b.example"])
    set_domains(organization.pk, ["b.example"], shared=["b.example"])

    set_domains(organization.pk, ["a.example", "b.example"])

    assert domains_of(organization.pk) == ["a.example", "b.example"]


def test_whoever_shares_a_domain_has_it_and_the_first_may_not_take_it_back_in_silence(
    organization: Organization,
) -> None:
    first = OrganizationFactory.create()
    set_domains(first.pk, ["b.example"])
    set_domains(organization.pk, ["b.example"], shared=["b.example"])
    set_domains(first.pk, [])

    with pytest.raises(DomainTakenError):
        set_domains(first.pk, ["b.example"])


def test_a_domain_that_was_taken_out_is_free(organization: Organization) -> None:
    other = OrganizationFactory.create()
    set_domains(other.pk, ["b.example"])
    set_domains(other.pk, [])

    set_domains(organization.pk, ["b.example"])

    assert not Domain.objects.get().is_shared


def test_a_domain_that_has_become_public_stays_where_it_is(organization: Organization) -> None:
    Domain.objects.create(organization=organization, name="gmail.com")

    set_domains(organization.pk, ["gmail.com", "a.example"])

    assert domains_of(organization.pk) == ["a.example", "gmail.com"]


def test_taking_a_domain_out_changes_no_member(organization: Organization) -> None:
    set_domains(organization.pk, ["example.com"])
    member = MembershipFactory.create(organization=organization, user__email="lea@example.com")
    before = Membership.objects.values().get(pk=member.pk)

    set_domains(organization.pk, [])

    assert Membership.objects.values().get(pk=member.pk) == before


@pytest.mark.django_db(transaction=True)
def test_of_two_operators_who_give_one_domain_to_two_organizations_one_is_told_who_has_it() -> None:
    organizations = OrganizationFactory.create_batch(2)

    def give(organization: Organization) -> str:
        try:
            add_domains(organization.pk, ["b.example"])
        except DomainTakenError as refusal:
            return str(refusal)
        return "given"

    outcomes = all_at_once(*(partial(give, organization) for organization in organizations))

    holder = Domain.objects.get().organization
    assert sorted(outcomes) == [
        f"b.example is a domain of {holder} ({holder.pk}) already.",
        "given",
    ]


@pytest.mark.django_db(transaction=True)
def test_two_operators_who_say_to_share_it_both_give_it_and_one_organization_has_it_first() -> None:
    organizations = OrganizationFactory.create_batch(2)

    all_at_once(
        *(
            partial(add_domains, organization.pk, ["b.example"], shared=["b.example"])
            for organization in organizations
        )
    )

    assert sorted(Domain.objects.values_list("is_shared", flat=True)) == [False, True]
