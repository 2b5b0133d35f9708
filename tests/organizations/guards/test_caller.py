"""What each kind of caller may do, read anew each time it is asked."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction

from config.errors import ContractError
from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.connections.service import disable
from organizations.exceptions import OrganizationAccessDeniedError
from organizations.guards.acts import REMOVE
from organizations.guards.caller import Caller, Directory, Operator, Person, Staff
from organizations.guards.judge import Rules, judge
from organizations.guards.transfer_targets import Targets
from organizations.models import Connection, Membership, Organization
from organizations.removal.service import remove_members
from tests.concurrency import in_background, until_somebody_waits_for_a_lock
from tests.factories import (
    MembershipFactory,
    OrganizationFactory,
    RoleFactory,
    UserFactory,
)
from users.models import User

pytestmark = pytest.mark.django_db


def staff_with(*permissions: str) -> User:
    account = UserFactory.create(is_staff=True)
    account.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return account


def removing(member: Membership, caller: Caller) -> Callable[[], object]:
    return partial(
        remove_members,
        member.organization_id,
        [member.user_id],
        transfer_to=None,
        caller=caller,
    )


def test_a_member_may_do_what_their_roles_grant_together(organization: Organization) -> None:
    roles = [
        RoleFactory.create(organization=organization, capabilities=[capability])
        for capability in ("remove_users", "manage_billing")
    ]
    member = MembershipFactory.create(organization=organization, roles=roles)

    authority = Person(actor=member.user).authority(organization.pk, REMOVE)

    assert authority.capabilities == {Capability.REMOVE_USERS, Capability.MANAGE_BILLING}
    assert not authority.may_give_owner


@pytest.mark.parametrize(("role", "is_owner"), [("Owner", True), ("Admin", False)])
def test_the_override_stands_for_everything_and_only_owners_make_owners(
    organization: Organization, role: str, is_owner: bool
) -> None:
    member = MembershipFactory.create(organization=organization, roles=[role])

    authority = Person(actor=member.user).authority(organization.pk)

    assert authority.capabilities == ALL_CAPABILITIES
    assert authority.may_give_owner == is_owner


@pytest.mark.parametrize(
    ("permissions", "may"),
    [
        (["remove_membership", "view_membership"], True),
        (["remove_membership", "change_membership"], True),
        (["remove_membership"], False),
        (["view_membership", "change_membership", "deactivate_membership"], False),
    ],
)
def test_staff_need_the_permission_of_the_act_and_one_to_view(
    owner: Membership, permissions: list[str], may: bool
) -> None:
    staff = Staff(actor=staff_with(*permissions))

    refusal = None
    try:
        staff.authority(owner.organization_id, REMOVE)
    except ContractError as error:
        refusal = error

    assert (refusal is None) == may


@pytest.mark.parametrize(
    "loss",
    [
        lambda account: account.user_permissions.clear(),
        lambda account: User.objects.filter(pk=account.pk).update(is_active=False),
        lambda account: User.objects.filter(pk=account.pk).update(is_staff=False),
    ],
    ids=["permission", "account", "staff status"],
)
def test_staff_who_lost_it_since_they_logged_in_remove_nobody(
    owner: Membership, loss: Callable[[User], object]
) -> None:
    account = staff_with("remove_membership", "view_membership")
    assert account.has_perm("organizations.remove_membership")  # now the account has it cached
    member = MembershipFactory.create(organization=owner.organization)
    loss(User.objects.get(pk=account.pk))

    with pytest.raises(ContractError):
        removing(member, Staff(actor=account))()

    member.refresh_from_db()
    assert member.is_current


@pytest.mark.django_db(transaction=True)
def test_an_account_of_staff_is_disabled_once_what_it_does_is_done(owner: Membership) -> None:
    account = staff_with("remove_membership", "view_membership")
    first, second = MembershipFactory.create_batch(2, organization=owner.organization)
    order: list[str] = []

    def disabling() -> None:
        User.objects.filter(pk=account.pk).update(is_active=False)
        order.append("disabled")

    with ExitStack() as both, transaction.atomic():
        removing(first, Staff(actor=account))()
        both.enter_context(in_background(disabling))
        until_somebody_waits_for_a_lock()
        removing(second, Staff(actor=account))()
        order.append("removed")

    assert order == ["removed", "disabled"]
    assert Membership.objects.current().filter(pk__in=[first.pk, second.pk]).count() == 0


@pytest.mark.parametrize("why", ["disabled", "of another organization"])
def test_a_directory_that_is_let_in_no_more_or_elsewhere_removes_nobody(
    owner: Membership, why: str
) -> None:
    organization = owner.organization if why == "disabled" else OrganizationFactory.create()
    connection = Connection.objects.create(organization=organization, name="Okta")
    if why == "disabled":
        disable(connection)
    member = MembershipFactory.create(organization=owner.organization)

    with pytest.raises(OrganizationAccessDeniedError):
        removing(member, Directory(connection=connection))()

    member.refresh_from_db()
    assert member.is_current


def test_only_the_rules_that_are_asked_are_answered(owner: Membership) -> None:
    def refusal_by(rules: Rules, caller: Caller) -> str | None:
        found = judge(
            owner.organization_id,
            [owner.user_id],
            caller=caller,
            act=REMOVE,
            rules=rules,
            targets={owner.user_id: Targets("dept_unknown")},
        ).get(owner.user_id)
        return found.code if found else None

    role = RoleFactory.create(organization=owner.organization, capabilities=["remove_users"])
    below = Person(
        actor=MembershipFactory.create(organization=owner.organization, roles=[role]).user
    )

    assert refusal_by(Rules.REMOVAL, below) == "INSUFFICIENT_PERMISSIONS"
    assert refusal_by(Rules.OWNER_REMAINS | Rules.TARGETS, below) == "LAST_OWNER_CANNOT_BE_REMOVED"
    assert refusal_by(Rules.AUTHORITY | Rules.TARGETS, Operator()) == "DEPARTMENT_NOT_FOUND"
    assert refusal_by(Rules.AUTHORITY, Operator()) is None
