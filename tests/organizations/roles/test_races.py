"""What happens at the same moment as a change of a role, on real connections."""

from collections.abc import Callable
from functools import partial

import pytest

from organizations.capabilities import Capability
from organizations.models import Membership, Organization, Role, RoleAssignment
from organizations.restoration.service import restore_members
from organizations.roles.service import change_role, create_role, delete_role
from tests.callers import CallerWith
from tests.concurrency import all_at_once, outcome, waiting_for
from tests.factories import MembershipFactory, RoleFactory, UserFactory
from tests.organizations.assignment.verbs import add, change
from tests.proof.invariants import broken_invariants
from tests.removals import remove

pytestmark = pytest.mark.django_db(transaction=True)

GIVER = frozenset(
    {
        Capability.ASSIGN_ROLES,
        Capability.INVITE_USERS,
        Capability.REMOVE_USERS,
        Capability.MANAGE_BILLING,
    }
)


@pytest.fixture
def billing(organization: Organization) -> Role:
    return RoleFactory.create(organization=organization, capabilities=["manage_billing"])


def raising(role: Role) -> str:
    """Have a role grant what the giver lacks."""
    return outcome(
        partial(
            change_role,
            role.organization_id,
            role.pk,
            capabilities=["manage_billing", "view_audit_log"],
            caller=CallerWith(),
        )
    )


def renaming(role: Role, caller: CallerWith) -> str:
    return outcome(partial(change_role, role.organization_id, role.pk, name="New", caller=caller))


def deleting(role: Role, caller: CallerWith = CallerWith()) -> str:  # noqa: B008 (frozen)
    return outcome(partial(delete_role, role.organization_id, role.pk, caller=caller))


def giving(role: Role) -> Callable[[], str]:
    member = MembershipFactory.create(organization=role.organization)
    return partial(outcome, partial(change, member, roles=[role], capabilities=GIVER))


def adding(role: Role) -> Callable[[], str]:
    user = UserFactory.create()
    return partial(outcome, partial(add, role.organization, user, roles=[role], capabilities=GIVER))


def restoring(role: Role) -> Callable[[], str]:
    member = MembershipFactory.create(organization=role.organization, roles=[role])
    remove(member)

    def restored() -> str:
        [done] = restore_members(
            member.organization_id,
            [member.user_id],
            caller=CallerWith(capabilities=GIVER, may_give_owner=False),
        )
        return done.refusal.code if done.refusal else "done"

    return restored


@pytest.mark.parametrize("way", [giving, adding, restoring])
def test_nobody_gives_a_role_that_grants_more_than_theirs_meanwhile(
    billing: Role, way: Callable[[Role], Callable[[], str]]
) -> None:
    done = waiting_for(partial(raising, billing), way(billing))

    assert done == ("done", "INSUFFICIENT_PERMISSIONS")
    assert not RoleAssignment.objects.filter(role=billing).exists()


@pytest.mark.parametrize("way", [giving, adding, restoring])
def test_a_role_is_changed_only_once_it_is_given_as_it_was(
    billing: Role, way: Callable[[Role], Callable[[], str]]
) -> None:
    done = waiting_for(way(billing), partial(raising, billing))

    assert done == ("done", "done")
    assert RoleAssignment.objects.filter(role=billing).count() == 1


@pytest.mark.parametrize("act", [renaming, deleting])
def test_nobody_changes_or_deletes_a_role_that_is_raised_above_them_meanwhile(
    billing: Role, act: Callable[[Role, CallerWith], str]
) -> None:
    manager = CallerWith(capabilities=GIVER | {Capability.MANAGE_ROLES})

    done = waiting_for(partial(raising, billing), partial(act, billing, manager))

    assert done == ("done", "INSUFFICIENT_PERMISSIONS")
    billing.refresh_from_db()
    assert billing.name != "New"


@pytest.mark.parametrize("turn", range(4))
def test_of_changing_and_giving_at_once_none_gives_more_than_they_hold(
    billing: Role, turn: int
) -> None:
    *given, raised = all_at_once(
        giving(billing), giving(billing), adding(billing), partial(raising, billing)
    )

    assert raised == "done"
    assert set(given) <= {"done", "INSUFFICIENT_PERMISSIONS"}
    assert RoleAssignment.objects.filter(role=billing).count() == given.count("done")
    assert broken_invariants() == []


def test_a_role_that_is_given_meanwhile_is_not_deleted(billing: Role) -> None:
    assert waiting_for(giving(billing), partial(deleting, billing)) == ("done", "ROLE_IN_USE")


def test_a_role_that_is_deleted_meanwhile_is_not_given(billing: Role) -> None:
    assert waiting_for(partial(deleting, billing), giving(billing)) == ("done", "ROLE_NOT_FOUND")


def test_of_equal_names_at_once_one_is_made(organization: Organization) -> None:
    making = partial(
        create_role, organization.pk, name="Sales", capabilities=[], caller=CallerWith()
    )

    done = all_at_once(*[partial(outcome, making)] * 4)

    assert sorted(done) == ["ROLE_NAME_TAKEN"] * 3 + ["done"]
    assert organization.roles.filter(name="Sales").count() == 1


def test_two_that_change_the_roles_they_hold_themselves_are_no_deadlock(
    organization: Organization, billing: Role
) -> None:
    members = MembershipFactory.create_batch(2, organization=organization, roles=["Admin"])

    def changing(member: Membership) -> str:
        return outcome(partial(change, member, roles=[billing]))

    done = all_at_once(
        *[partial(changing, member) for member in members], partial(raising, billing)
    )

    assert done == ["done", "done", "done"]
