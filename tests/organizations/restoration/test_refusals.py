"""What a restoration refuses, and what it says of it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from organizations.capabilities import Capability
from organizations.models import (
    Membership,
    Organization,
    Restoration,
    Role,
)
from tests.factories import (
    MembershipFactory,
    RoleFactory,
)
from tests.organizations.restoration.verbs import (
    code_of,
    current,
    preview,
    restore,
    restored,
    role_names,
)
from tests.removals import remove
from users.erasure.service import erase_account

REMOVER = frozenset({Capability.REMOVE_USERS})


def test_an_erased_account_is_not_restored(member: Membership) -> None:
    remove(member)
    erase_account(member.user_id, actor=None)

    assert code_of(restore(member)[0]) == code_of(preview(member)[0]) == "REMOVAL_NOT_FOUND"


def test_only_the_latest_removal_is_restored(
    organization: Organization, member: Membership
) -> None:
    [first] = remove(member)
    restore(member)
    role = RoleFactory.create(organization=organization)
    current(member).role_assignments.create(organization=organization, role=role)
    [second] = remove(member)
    assert first.removal_id
    assert second.removal_id

    [of_first] = restore(member, removal_ids={member.user_id: first.removal_id})
    [of_second] = restore(member, removal_ids={member.user_id: second.removal_id})

    assert code_of(of_first) == "REMOVAL_NOT_FOUND"
    assert restored(of_second).removal_id == second.removal_id
    assert role_names(current(member)) == sorted(["Member", role.name])


@pytest.mark.parametrize("user_id", ["usr_unknown", "nobody", "usr_\x00"])
def test_who_was_never_removed_has_nothing_to_be_restored(
    organization: Organization, owner: Membership, user_id: str
) -> None:
    [outcome] = restore(Membership(organization=organization, user_id=user_id))

    assert code_of(outcome) == "REMOVAL_NOT_FOUND"


def test_a_removal_of_another_organization_is_not_found(
    organization: Organization, owner: Membership
) -> None:
    stranger = MembershipFactory.create()
    remove(stranger)

    [outcome] = restore(Membership(organization=organization, user=stranger.user))

    assert code_of(outcome) == "REMOVAL_NOT_FOUND"


def test_a_second_restoration_names_the_first(member: Membership) -> None:
    [removal] = remove(member)
    [first] = restore(member)

    [second] = restore(member, removal_ids={member.user_id: str(removal.removal_id)})

    assert code_of(second) == "MEMBERSHIP_ALREADY_EXISTS"
    assert second.refusal
    assert second.refusal.details["restoration_id"] == restored(first).pk
    assert second.refusal.details["removal_id"] == removal.removal_id
    assert Restoration.objects.count() == 1


def test_who_was_added_meanwhile_is_a_member_already(member: Membership) -> None:
    remove(member)
    MembershipFactory.create(organization=member.organization, user=member.user)

    [outcome] = restore(member)

    assert code_of(outcome) == "MEMBERSHIP_ALREADY_EXISTS"
    assert outcome.refusal
    assert "restoration_id" not in outcome.refusal.details


@pytest.mark.parametrize(
    ("days", "age", "expected"),
    [
        (90, timedelta(days=89, hours=23), "restored"),
        (90, timedelta(days=90, hours=1), "RESTORE_WINDOW_EXPIRED"),
        (1, timedelta(hours=25), "RESTORE_WINDOW_EXPIRED"),
        (0, timedelta(0), "RESTORE_WINDOW_EXPIRED"),
        (0, timedelta(hours=-1), "RESTORE_WINDOW_EXPIRED"),  # the clock of another machine
    ],
)
def test_a_removal_is_restored_within_the_window(
    member: Membership,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    age: timedelta,
    expected: str,
) -> None:
    settings.RESTORE_WINDOW_DAYS = days
    remove(member)
    later = timezone.now() + age
    monkeypatch.setattr(timezone, "now", lambda: later)

    assert code_of(preview(member)[0]) == expected
    assert code_of(restore(member)[0]) == expected


def test_a_role_that_grants_by_now_what_the_caller_lacks_refuses_the_whole(
    organization: Organization, owner: Membership
) -> None:
    role = RoleFactory.create(organization=organization)
    member = MembershipFactory.create(organization=organization, roles=[role, "Member"])
    remove(member)
    Role.objects.filter(pk=role.pk).update(capabilities=["manage_billing"])

    [outcome] = restore(member, capabilities=REMOVER)

    assert code_of(outcome) == "INSUFFICIENT_PERMISSIONS"
    assert outcome.refusal
    assert outcome.refusal.details == {"required_capabilities": ["manage_billing"]}
    assert not Membership.objects.current().filter(user=member.user).exists()


def test_a_role_that_granted_more_when_it_was_taken_comes_back_as_it_is(
    organization: Organization, owner: Membership
) -> None:
    role = RoleFactory.create(organization=organization, capabilities=["manage_billing"])
    member = MembershipFactory.create(organization=organization, roles=[role])
    remove(member)
    Role.objects.filter(pk=role.pk).update(capabilities=[])

    assert code_of(restore(member, capabilities=REMOVER)[0]) == "restored"


def test_the_owner_role_comes_back_only_by_who_may_give_it(
    organization: Organization, owner: Membership
) -> None:
    second = MembershipFactory.create(organization=organization, roles=["Owner"])
    remove(second)

    assert code_of(restore(second, may_give_owner=False)[0]) == "INSUFFICIENT_PERMISSIONS"
    assert code_of(restore(second, may_give_owner=True)[0]) == "restored"
    assert role_names(current(second)) == ["Owner"]


def test_one_who_is_refused_does_not_keep_the_others_out(
    organization: Organization, owner: Membership, member: Membership
) -> None:
    other = MembershipFactory.create(organization=organization)
    remove(member, other)
    restore(other)

    outcomes = restore(other, member, Membership(organization=organization, user_id="usr_x"))

    assert [outcome.user_id for outcome in outcomes] == [other.user_id, member.user_id, "usr_x"]
    assert list(map(code_of, outcomes)) == [
        "MEMBERSHIP_ALREADY_EXISTS",
        "restored",
        "REMOVAL_NOT_FOUND",
    ]
