"""Two who add one address at the same moment: one membership, the other is told."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from organizations.models import Event, Membership
from tests.concurrency import all_at_once, outcome, result_after
from tests.factories import UserFactory
from tests.organizations.invitation.verbs import NORA, invited, jobs
from tests.organizations.scim.caller import Directory, new_user
from users.erasure.service import erase_account
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("has_account", [True, False])
@pytest.mark.parametrize("turn", range(3))
def test_of_two_invitations_at_once_one_adds_and_one_is_told(
    owner: Membership, has_account: bool, turn: int
) -> None:
    if has_account:
        UserFactory.create(email=NORA)

    assert sorted(all_at_once(*[partial(outcome, partial(invited, owner))] * 2)) == [
        "MEMBERSHIP_ALREADY_EXISTS",
        "done",
    ]
    assert Membership.objects.filter(user__email=NORA).count() == 1
    assert Event.objects.filter(type="member.added").count() == len(jobs()) == 1


@pytest.mark.parametrize("has_account", [True, False])
@pytest.mark.parametrize("turn", range(3))
def test_an_invitation_and_a_directory_at_once_make_one_member(
    owner: Membership, has_account: bool, turn: int
) -> None:
    if has_account:
        UserFactory.create(email=NORA)
    directory = Directory.of(owner.organization)

    def send() -> Any:
        return directory.send("POST", "/Users", new_user(NORA)).status

    invitation, status = all_at_once(partial(outcome, partial(invited, owner)), send)

    # Whoever comes second is told. A directory adopts whom it finds, and is told 409 of somebody
    # who was not there when it looked: it finds them when it asks again.
    assert (invitation, status) in [
        ("done", 201),
        ("done", 409),
        ("MEMBERSHIP_ALREADY_EXISTS", 201),
    ]
    assert User.objects.filter(email=NORA).count() == 1
    assert Membership.objects.filter(user__email=NORA).count() == 1
    assert Event.objects.filter(type="member.added").count() == 1
    adopted = Event.objects.filter(type="member.adopted").exists()
    assert adopted == ((invitation, status) == ("done", 201))


def moves(user: User) -> None:
    User.objects.filter(pk=user.pk).update(email="nora@elsewhere.example")


def is_erased(user: User) -> None:
    erase_account(user.pk, actor=None)


@pytest.mark.parametrize("loss", [moves, is_erased])
def test_who_lost_the_address_meanwhile_is_not_added_by_it(
    owner: Membership, loss: Callable[[User], None]
) -> None:
    before = UserFactory.create(email=NORA)

    member = result_after(partial(loss, before), partial(invited, owner, full_name="Nora"))

    assert member.user != before
    assert (member.user.email, member.user.full_name) == (NORA, "Nora")
