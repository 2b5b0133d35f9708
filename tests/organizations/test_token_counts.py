"""How many tokens a removal silences: foreseen, on record, and not back after a restoration."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from organizations.models import Membership, Organization, Removal, Restoration, TokenBinding
from tests.conftest import ClientOf
from tests.factories import MembershipFactory, UserFactory
from tests.organizations.admin.page import text_of
from tests.organizations.api.lists import address_in, listed
from tests.organizations.restoration.verbs import current, restore
from tests.removals import remove
from users.models import AccessToken, User

HOUR = timedelta(hours=1)


@pytest.fixture
def as_owner(owner: Membership, client_of: ClientOf) -> APIClient:
    return client_of(owner.user)


def issue(user: User, lifetime: timedelta = HOUR) -> AccessToken:
    token, _ = AccessToken.objects.issue(user, name="", lifetime=lifetime)
    return token


# The tokens that somebody can have. Each takes the organization, and returns a member of it.


def unbound(organization: Organization) -> Membership:
    member = MembershipFactory.create(organization=organization)
    issue(member.user)
    return member


def bound_here(organization: Organization) -> Membership:
    member = MembershipFactory.create(organization=organization)
    TokenBinding.objects.issue(member, name="", lifetime=HOUR)
    return member


def of_a_disabled_account(organization: Organization) -> Membership:
    """It would work again once the account does."""
    member = unbound(organization)
    User.objects.filter(pk=member.user_id).update(is_active=False)
    return member


def bound_elsewhere(organization: Organization) -> Membership:
    member = MembershipFactory.create(organization=organization)
    elsewhere = MembershipFactory.create(user=member.user)
    TokenBinding.objects.issue(elsewhere, name="", lifetime=HOUR)
    return member


def bound_to_an_earlier_membership(organization: Organization) -> Membership:
    member = bound_here(organization)
    remove(member)
    restore(member)
    return current(member)


def older_than_the_membership(organization: Organization) -> Membership:
    user = UserFactory.create()
    issue(user)
    return MembershipFactory.create(organization=organization, user=user)


def revoked(organization: Organization) -> Membership:
    member = unbound(organization)
    member.user.access_tokens.update(revoked_at=timezone.now())
    return member


def expired(organization: Organization) -> Membership:
    member = MembershipFactory.create(organization=organization)
    issue(member.user, lifetime=timedelta(seconds=-1))
    return member


def somebody_elses(organization: Organization) -> Membership:
    issue(MembershipFactory.create(organization=organization).user)
    return MembershipFactory.create(organization=organization)


COUNTED = [unbound, bound_here, of_a_disabled_account]
NOT_COUNTED = [
    *(bound_elsewhere, bound_to_an_earlier_membership, older_than_the_membership),
    *(revoked, expired, somebody_elses),
]
TABLE = [*((kind, 1) for kind in COUNTED), *((kind, 0) for kind in NOT_COUNTED)]


@pytest.mark.parametrize(("kind", "number"), TABLE)
def test_preview_record_and_restoration_say_the_same(
    as_owner: APIClient,
    organization: Organization,
    kind: Callable[[Organization], Membership],
    number: int,
) -> None:
    member = kind(organization)
    address = address_in(organization, f"users/{member.user_id}")

    foreseen: Any = as_owner.get(f"{address}/removal-preview").json()
    as_owner.delete(address, {"confirm": True})
    [record, *_] = listed(as_owner, organization, "removals")["items"]
    previewed: Any = as_owner.get(f"{address}/restore-preview").json()
    restored: Any = as_owner.post(f"{address}/restore", {"confirm": True}).json()

    said = [foreseen, record, previewed["not_restored"], restored["not_restored"]]
    assert [one["token_count"] for one in said] == [number] * 4
    [again, *_] = listed(as_owner, organization, "removals")["items"]
    assert again["restoration"]["not_restored"]["token_count"] == number


def test_of_many_each_record_counts_the_tokens_of_its_member(organization: Organization) -> None:
    members = MembershipFactory.create_batch(3, organization=organization)
    for number, member in enumerate(members):
        for _ in range(number):
            issue(member.user)

    remove(*members)

    assert {removal.membership_id: removal.token_count for removal in Removal.objects.all()} == {
        member.pk: number for number, member in enumerate(members)
    }


def test_what_ended_by_itself_since_does_not_stay_dead(organization: Organization) -> None:
    member = unbound(organization)
    kept = issue(member.user)
    remove(member)
    member.user.access_tokens.exclude(pk=kept.pk).update(revoked_at=timezone.now())
    issue(member.user)  # it never worked here

    restore(member)

    assert Removal.objects.get().token_count == 2
    assert Restoration.objects.get().tokens_not_restored == 1


def test_staff_see_after_a_restoration_how_many_do_not_work_again(
    admin_client: Client, organization: Organization
) -> None:
    """What they see before, and of a removal, is in admin/test_confirmation_pages.py."""
    member = unbound(organization)
    remove(member)
    restore(member)

    page = admin_client.get(f"/admin/organizations/removal/{Removal.objects.get().pk}/change/")

    assert "resources 0; access tokens 1" in text_of(page)
