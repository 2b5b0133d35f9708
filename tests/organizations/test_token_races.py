"""Tokens that are issued while their user is being added, on real connections."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from organizations.locks import lock_members
from organizations.models import Membership, Organization, TokenBinding
from tests.concurrency import (
    all_at_once,
    in_background,
    result_after,
    until_somebody_waits_for_a_lock,
    waiting_for,
)
from tests.factories import MembershipFactory, UserFactory
from tests.organizations.api.lists import address_in
from tests.organizations.assignment.verbs import add
from tests.organizations.restoration.verbs import current, restore
from tests.removals import remove
from users.models import AccessToken, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("owner")]


def issue(user: User) -> APIClient:
    _, plain = AccessToken.objects.issue(user, name="", lifetime=timedelta(hours=1))
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {plain}")


def bind(member: Membership) -> None:
    TokenBinding.objects.issue(member, name="", lifetime=timedelta(hours=1))


def status(client: APIClient, organization: Organization) -> int:
    return client.get(address_in(organization, "users")).status_code


def insert(organization: Organization, user: User) -> None:
    Membership.objects.bulk_create([Membership(organization=organization, user=user)])


def come_back(organization: Organization, user: User) -> None:
    restore(Membership.objects.get(organization=organization, user=user))


def new_user(organization: Organization) -> User:
    return UserFactory.create()


def former_member(organization: Organization) -> User:
    member = MembershipFactory.create(organization=organization)
    remove(member)
    return member.user


WAYS_IN = [(insert, new_user), (add, new_user), (come_back, former_member)]


@pytest.mark.parametrize(("enter", "somebody"), WAYS_IN)
def test_who_is_being_added_gets_a_token_after_that(
    organization: Organization,
    enter: Callable[[Organization, User], None],
    somebody: Callable[[Organization], User],
) -> None:
    """So the membership, which others did not see yet, is older than the token all the same."""
    user = somebody(organization)

    client = result_after(partial(enter, organization, user), partial(issue, user))

    assert status(client, organization) == 200


@pytest.mark.parametrize(("enter", "somebody"), WAYS_IN)
def test_who_is_being_given_a_token_is_added_after_that(
    organization: Organization,
    enter: Callable[[Organization, User], None],
    somebody: Callable[[Organization], User],
) -> None:
    user = somebody(organization)

    client, _ = waiting_for(partial(issue, user), partial(enter, organization, user))

    assert status(client, organization) == 403


def test_one_whose_addition_is_taken_back_is_not_reached_later(organization: Organization) -> None:
    user = UserFactory.create()

    with ExitStack() as both:
        with transaction.atomic():
            insert(organization, user)
            issuing = both.enter_context(in_background(partial(issue, user)))
            until_somebody_waits_for_a_lock()
            transaction.set_rollback(True)
        client = issuing.result()
    insert(organization, user)

    assert status(client, organization) == 403


def test_who_holds_a_membership_can_have_the_account_too(organization: Organization) -> None:
    """As whoever makes a member an owner: a token that is being bound holds neither meanwhile."""
    member = MembershipFactory.create(organization=organization)

    with ExitStack() as both:
        with transaction.atomic():
            lock_members(organization.pk, [member.user_id])
            binding = both.enter_context(in_background(partial(bind, member)))
            until_somebody_waits_for_a_lock()
            lock_members(organization.pk, [], accounts=[member.user_id])
        binding.result()

    assert TokenBinding.objects.get().membership == member


def test_tokens_and_removals_of_many_do_not_wait_for_one_another_in_a_circle(
    organization: Organization,
) -> None:
    members = MembershipFactory.create_batch(4, organization=organization, roles=["Member"])

    def bind_tokens() -> None:
        for member in members:
            bind(member)

    def take_out_and_back() -> None:
        remove(*reversed(members))
        restore(*members)

    all_at_once(bind_tokens, take_out_and_back, bind_tokens)

    assert {current(member).is_active for member in members} == {True}
