"""Which memberships of its user a token reaches: by when both began, or by what it is bound to."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

import pgtrigger
import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from organizations.models import Membership, Organization, TokenBinding
from tests.deactivations import deactivate, reactivate
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from tests.organizations.api.lists import address_in
from tests.organizations.api.refusal import refusal
from tests.organizations.assignment.verbs import add
from tests.organizations.restoration.verbs import restore
from tests.organizations.scim.caller import Directory
from tests.refusals import refused, sql
from tests.removals import remove
from users.models import AccessToken, User

Answer = int | tuple[int, str]
When = Literal["before", "at", "after"]

WORKS = 200
STRANGER = (403, "ORGANIZATION_ACCESS_DENIED")
ENDED = (401, "TOKEN_INVALID")

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def issue(user: User) -> tuple[AccessToken, APIClient]:
    """Return a new token that is bound to nothing, and a client with it."""
    token, plain = AccessToken.objects.issue(user, name="", lifetime=timedelta(hours=1))
    return token, APIClient(HTTP_AUTHORIZATION=f"Bearer {plain}")


def answer(client: APIClient, organization: Organization) -> Answer:
    """Return what a client gets in an organization: 200, or a refusal."""
    response = client.get(address_in(organization, "users"))
    return 200 if response.status_code == 200 else refusal(response)


def member_with_token(
    when: When, *, bound: bool, organization: Organization
) -> tuple[Membership, APIClient]:
    """Return an owner, and a client whose token was issued so long before or after they joined."""
    user = UserFactory.create()
    early = issue(user) if when == "before" else None
    member = MembershipFactory.create(organization=organization, user=user, roles=["Owner"])
    token, client = early or issue(user)
    if when == "at":
        with pgtrigger.ignore("users.AccessToken:reach_stays"):
            AccessToken.objects.filter(pk=token.pk).update(reaches_before=member.created_at)
    if bound:
        TokenBinding.objects.create(token=token, membership=member)
    return member, client


# What can happen to a member. Each returns the organization that is asked then.


def nothing(member: Membership) -> Organization:
    return member.organization


def reactivated(member: Membership) -> Organization:
    deactivate(member)
    reactivate(member)
    return member.organization


def deactivated(member: Membership) -> Organization:
    deactivate(member)
    return member.organization


def removed(member: Membership) -> Organization:
    remove(member)
    return member.organization


def restored(member: Membership) -> Organization:
    remove(member)
    restore(member)
    return member.organization


def removed_and_restored_twice(member: Membership) -> Organization:
    restored(member)
    return restored(member)


def added_anew(member: Membership) -> Organization:
    remove(member)
    add(member.organization, member.user, roles=member.organization.roles.filter(name="Owner"))
    return member.organization


def added_elsewhere(member: Membership) -> Organization:
    return MembershipFactory.create(user=member.user, roles=["Owner"]).organization


def restored_elsewhere(member: Membership) -> Organization:
    elsewhere = MembershipFactory.create(user=member.user)
    remove(elsewhere)
    restore(elsewhere)
    return elsewhere.organization


def address_found_by_the_directory(member: Membership) -> Organization:
    """Somebody else gets the address of a leaver, and is added under it."""
    remove(member)
    Directory.of(member.organization).add(member.user.email)
    assert Membership.objects.current().filter(user=member.user).exists()
    return member.organization


def renamed_and_found_by_another_directory(member: Membership) -> Organization:
    """The account gets the address of somebody of another organization, which adds it."""
    User.objects.filter(pk=member.user_id).update(email="new-holder@example.com")
    elsewhere = OrganizationFactory.create()
    Directory.of(elsewhere).add("new-holder@example.com")
    assert Membership.objects.current().filter(user=member.user, organization=elsewhere).exists()
    return elsewhere


Happening = Callable[[Membership], Organization]

# What the organization answers to a token that is bound to none, issued before, at, or after its
# user's membership there began; and to one that is bound to the membership.
TABLE: dict[Happening, tuple[Answer, Answer, Answer, Answer]] = {
    nothing: (STRANGER, STRANGER, WORKS, WORKS),
    reactivated: (STRANGER, STRANGER, WORKS, WORKS),
    deactivated: (STRANGER, STRANGER, STRANGER, STRANGER),
    removed: (STRANGER, STRANGER, STRANGER, ENDED),
    restored: (STRANGER, STRANGER, STRANGER, ENDED),
    removed_and_restored_twice: (STRANGER, STRANGER, STRANGER, ENDED),
    added_anew: (STRANGER, STRANGER, STRANGER, ENDED),
    address_found_by_the_directory: (STRANGER, STRANGER, STRANGER, ENDED),
    added_elsewhere: (STRANGER, STRANGER, STRANGER, STRANGER),
    restored_elsewhere: (STRANGER, STRANGER, STRANGER, STRANGER),
    renamed_and_found_by_another_directory: (STRANGER, STRANGER, STRANGER, STRANGER),
}
MOMENTS: tuple[When, ...] = ("before", "at", "after")


@pytest.mark.parametrize("is_bound", [False, True], ids=["unbound", "bound"])
@pytest.mark.parametrize("when", MOMENTS)
@pytest.mark.parametrize("happening", TABLE)
def test_a_token_reaches_what_began_before_it_or_what_it_is_bound_to(
    organization: Organization, owner: Membership, happening: Happening, when: When, is_bound: bool
) -> None:
    member, client = member_with_token(when, bound=is_bound, organization=organization)

    asked = happening(member)

    assert answer(client, asked) == TABLE[happening][-1 if is_bound else MOMENTS.index(when)]


@pytest.mark.parametrize("happening", [restored, added_anew, address_found_by_the_directory])
def test_who_came_back_gets_a_new_token_that_works(
    organization: Organization, owner: Membership, happening: Happening
) -> None:
    member, _ = member_with_token("after", bound=False, organization=organization)
    asked = happening(member)

    _, client = issue(member.user)

    assert answer(client, asked) == WORKS


def test_an_unbound_token_goes_on_elsewhere(organization: Organization, owner: Membership) -> None:
    member = MembershipFactory.create(organization=organization)
    elsewhere = MembershipFactory.create(user=member.user)
    _, client = issue(member.user)

    remove(member)
    restore(member)

    assert answer(client, organization) == STRANGER
    assert answer(client, elsewhere.organization) == WORKS


def test_what_it_does_not_reach_is_changed_by_no_request(
    organization: Organization, owner: Membership
) -> None:
    member, client = member_with_token("before", bound=False, organization=organization)
    address = address_in(organization, f"users/{member.user_id}")  # anybody may leave

    response = client.delete(address, {"confirm": True}, format="json")

    assert refusal(response) == STRANGER
    assert Membership.objects.current().filter(pk=member.pk).exists()


@pytest.mark.parametrize("when", MOMENTS)
def test_it_takes_no_statement_more(
    organization: Organization,
    owner: Membership,
    when: When,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    _, client = member_with_token(when, bound=False, organization=organization)
    reached = TABLE[nothing][MOMENTS.index(when)] == WORKS

    with django_assert_num_queries(3 if reached else 2):  # token, capabilities, roles
        client.get(address_in(organization, "roles"))


# Nobody sets the times.


def by_the_model(organization: Organization, user: User) -> None:
    Membership.objects.create(organization=organization, user=user, created_at=LONG_AGO)


def in_bulk(organization: Organization, user: User) -> None:
    Membership.objects.bulk_create(
        [Membership(organization=organization, user=user, created_at=LONG_AGO)]
    )


def by_sql(organization: Organization, user: User) -> None:
    sql(
        "INSERT INTO organizations_membership (organization_id, user_id, created_at)"
        " VALUES (%s, %s, '2000-01-01')",
        organization.pk,
        user.pk,
    )


@pytest.mark.parametrize("add_long_ago", [by_the_model, in_bulk, by_sql])
def test_a_membership_begins_now_whatever_is_said(
    organization: Organization, add_long_ago: Callable[[Organization, User], None]
) -> None:
    user = UserFactory.create()
    _, client = issue(user)

    add_long_ago(organization, user)

    assert answer(client, organization) == STRANGER
    assert Membership.objects.get(user=user).created_at > LONG_AGO


def test_a_token_is_issued_now_whatever_is_said(organization: Organization) -> None:
    user = UserFactory.create()
    token = AccessToken.objects.create(
        user=user,
        digest=b"digest",
        created_at=LATER,
        reaches_before=LATER,
        expires_at=LATER,
    )
    member = MembershipFactory.create(organization=organization, user=user)

    assert token.created_at == token.reaches_before < member.created_at


def test_a_membership_knows_when_it_began_once_it_is_saved(organization: Organization) -> None:
    members = MembershipFactory.build_batch(2, organization=organization)
    for member in members:
        member.user.save()

    one, other = Membership.objects.bulk_create(members)

    assert one.created_at < other.created_at
    assert one.created_at == Membership.objects.get(pk=one.pk).created_at


@pytest.mark.parametrize("value", ["'2000-01-01'", "now() + interval '1 day'", "'infinity'"])
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("organizations_membership", "created_at"),
        ("users_accesstoken", "created_at"),
        ("users_accesstoken", "reaches_before"),
    ],
)
def test_the_times_stay(owner: Membership, table: str, column: str, value: str) -> None:
    issue(owner.user)

    with refused("Cannot update rows"):
        sql(f"UPDATE {table} SET {column} = {value}")  # noqa: S608 (our own names)


def test_a_token_stays_its_users(owner: Membership) -> None:
    token, _ = issue(UserFactory.create())

    with refused("Cannot update rows"):
        AccessToken.objects.filter(pk=token.pk).update(user=owner.user)
