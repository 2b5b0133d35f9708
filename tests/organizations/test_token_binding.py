"""A token that ends with the membership that it is bound to. For the rest: test_token_reach.py."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from organizations.models import Membership, Organization, RoleAssignment, TokenBinding
from tests.factories import MembershipFactory
from tests.organizations.api.lists import address_in
from tests.organizations.api.refusal import refusal
from tests.refusals import check_deferred, refused, sql
from tests.removals import remove
from users.models import AccessToken


def bound_to(member: Membership) -> APIClient:
    """Return a client with a new token that is bound to this membership."""
    _, plain = TokenBinding.objects.issue(member, name="", lifetime=timedelta(hours=1))
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {plain}")


def answer(client: APIClient, organization: Organization) -> int | tuple[int, str]:
    """Return what a client gets in an organization: 200, or a refusal."""
    response = client.get(address_in(organization, "users"))
    return 200 if response.status_code == 200 else refusal(response)


@pytest.fixture
def member(organization: Organization, owner: Membership) -> Membership:
    return MembershipFactory.create(organization=organization, roles=["Admin"])


def test_it_ends_with_its_membership_everywhere(
    member: Membership, organization: Organization
) -> None:
    elsewhere = MembershipFactory.create(user=member.user).organization
    client = bound_to(member)
    remove(member)

    assert answer(client, organization) == (401, "TOKEN_INVALID")
    assert answer(client, elsewhere) == (401, "TOKEN_INVALID")
    assert refusal(client.get("/v1/organizations/org-malformed/users")) == (401, "TOKEN_INVALID")


def test_one_bound_to_somebody_elses_membership_opens_nothing(
    member: Membership, organization: Organization, owner: Membership
) -> None:
    token, plain = AccessToken.objects.issue(member.user, name="", lifetime=timedelta(hours=1))
    TokenBinding.objects.create(token=token, membership=owner)
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {plain}")

    assert answer(client, organization) == (403, "ORGANIZATION_ACCESS_DENIED")


def test_a_binding_takes_no_statement_more(
    member: Membership,
    organization: Organization,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = bound_to(member)

    with django_assert_num_queries(3):  # token, capabilities, roles
        client.get(address_in(organization, "roles"))


def test_a_member_with_several_roles_holds_them_all(
    member: Membership, organization: Organization
) -> None:
    RoleAssignment.objects.create(
        organization=organization, membership=member, role=organization.roles.get(name="Member")
    )

    assert bound_to(member).get(address_in(organization, "audit-log")).status_code == 200


def test_a_binding_is_never_changed(member: Membership, owner: Membership) -> None:
    bound_to(member)

    with refused("Cannot update"):
        TokenBinding.objects.update(membership=owner)


def test_it_goes_with_its_token(member: Membership) -> None:
    bound_to(member)

    member.user.access_tokens.all().delete()

    check_deferred()
    assert not TokenBinding.objects.exists()


def test_a_binding_is_not_deleted_from_its_token(member: Membership) -> None:
    bound_to(member)

    with refused("a token stays bound"):
        sql("DELETE FROM organizations_tokenbinding")
        check_deferred()


def test_the_admin_shows_where_a_token_acts(admin_client: Client, member: Membership) -> None:
    bound_to(member)
    unbound, _ = AccessToken.objects.issue(member.user, name="", lifetime=timedelta(hours=1))

    page = admin_client.get("/admin/users/accesstoken/").content.decode()

    assert page.count(f'<td class="field-reaches">{member.organization.name}</td>') == 1
    issued = date_format(unbound.created_at, "DATETIME_FORMAT")
    assert page.count(f">Memberships that began before {issued}</td>") == 1
