"""What happens at the same moment as a restoration, on real connections."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from config.errors import ContractError
from organizations.capabilities import Capability
from organizations.models import (
    Department,
    Membership,
    Organization,
    Resource,
    Restoration,
    Role,
    RoleAssignment,
)
from organizations.transfer.service import transfer_resources
from tests.callers import CallerWith
from tests.concurrency import all_at_once, in_background, until_somebody_waits_for_a_lock
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
    RoleFactory,
)
from tests.organizations.assignment.verbs import add
from tests.organizations.restoration.verbs import code_of, restore, restored
from tests.proof.invariants import broken_invariants
from tests.removals import remove
from users.erasure.service import ErasureRefusedError, erase_account
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organization() -> Organization:
    """An organization with an owner."""
    organization: Organization = OrganizationFactory.create()
    MembershipFactory.create(organization=organization, roles=["Owner"])
    return organization


@pytest.fixture
def former(organization: Organization) -> Membership:
    """Somebody who was removed with a role, and whose resource passed to a department."""
    department = DepartmentFactory.create(organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=["Member"], departments=[department]
    )
    ResourceFactory.create(organization=organization, owner=member.user)
    remove(member, transfer_to=department.pk)
    return member


def restoring(member: Membership) -> str:
    return code_of(restore(member)[0])


def adding(member: Membership) -> str:
    try:
        add(member.organization, member.user)
    except ContractError as refusal:
        return refusal.code
    return "added"


def holding(call: Callable[[Membership], str], former: Membership, other: Callable[[], str]) -> str:
    """Return what the other call comes to that has to wait until this one is committed."""
    with ExitStack() as both:
        with transaction.atomic():
            assert call(former) in {"restored", "added"}
            waiting = both.enter_context(in_background(other))
            until_somebody_waits_for_a_lock()
        return waiting.result()


def test_of_many_restorations_at_once_exactly_one_is_done(former: Membership) -> None:
    done = all_at_once(*[partial(restoring, former)] * 6)

    assert sorted(done) == ["MEMBERSHIP_ALREADY_EXISTS"] * 5 + ["restored"]
    assert Restoration.objects.count() == 1
    assert broken_invariants() == []


def test_the_restoration_that_waited_names_the_one_that_was_done(former: Membership) -> None:
    with ExitStack() as both:
        with transaction.atomic():
            [first] = restore(former)
            waiting = both.enter_context(in_background(partial(restore, former)))
            until_somebody_waits_for_a_lock()
        [second] = waiting.result()

    assert second.refusal
    assert second.refusal.code == "MEMBERSHIP_ALREADY_EXISTS"
    assert second.refusal.details["restoration_id"] == restored(first).pk


@pytest.mark.parametrize(("first", "second"), [(restoring, adding), (adding, restoring)])
def test_a_restoration_and_an_addition_do_not_both_happen(
    former: Membership, first: Callable[[Membership], str], second: Callable[[Membership], str]
) -> None:
    assert holding(first, former, partial(second, former)) == "MEMBERSHIP_ALREADY_EXISTS"

    assert Membership.objects.current().filter(user=former.user).count() == 1
    assert Restoration.objects.count() == (first is restoring)


def test_a_restoration_waits_for_a_membership_that_is_made_past_the_service(
    former: Membership,
) -> None:
    with ExitStack() as both:
        with transaction.atomic():
            Membership.objects.create(organization=former.organization, user=former.user)
            waiting = both.enter_context(in_background(partial(restoring, former)))
            until_somebody_waits_for_a_lock()
        assert waiting.result() == "MEMBERSHIP_ALREADY_EXISTS"

    assert Restoration.objects.count() == 0


def test_a_role_that_is_deleted_meanwhile_is_left_out(former: Membership) -> None:
    role = former.organization.roles.get(name="Member")

    with ExitStack() as both:
        with transaction.atomic():
            Role.objects.filter(pk=role.pk).delete()
            waiting = both.enter_context(in_background(partial(restore, former)))
            until_somebody_waits_for_a_lock()
        record = restored(waiting.result()[0])

    assert record.roles == []
    assert record.roles_not_restored == [{"id": role.pk, "name": "Member", "reason": "deleted"}]


def test_a_department_that_is_deleted_meanwhile_is_left_out(organization: Organization) -> None:
    department = DepartmentFactory.create(organization=organization)
    member = MembershipFactory.create(organization=organization, departments=[department])
    remove(member)

    with ExitStack() as both:
        with transaction.atomic():
            Department.objects.filter(pk=department.pk).delete()
            waiting = both.enter_context(in_background(partial(restore, member)))
            until_somebody_waits_for_a_lock()
        record = restored(waiting.result()[0])

    assert [entry["id"] for entry in record.departments_not_restored] == [department.pk]


def test_a_role_that_is_restored_is_not_deleted_under_its_holder(former: Membership) -> None:
    role = former.organization.roles.get(name="Member")

    def deleting() -> str:
        try:
            Role.objects.get(pk=role.pk).delete()
        except IntegrityError:  # ProtectedError is one, too
            return "refused"
        return "deleted"

    assert holding(restoring, former, deleting) == "refused"
    assert RoleAssignment.objects.filter(role=role).count() == 1


def test_a_resource_that_passes_on_meanwhile_stays_where_it_went(
    organization: Organization, former: Membership
) -> None:
    elsewhere = DepartmentFactory.create(organization=organization)

    with ExitStack() as both:
        with transaction.atomic():
            Resource.objects.update(department=elsewhere, removal=None)
            waiting = both.enter_context(in_background(partial(restore, former)))
            until_somebody_waits_for_a_lock()
        record = restored(waiting.result()[0])

    assert (record.resource_count, record.resources_not_restored) == (0, 1)
    assert Resource.objects.get().department == elsewhere


def test_a_restoration_and_the_removal_of_its_heir_share_the_resources(
    organization: Organization,
) -> None:
    leaver, heir, next_heir = MembershipFactory.create_batch(3, organization=organization)
    ResourceFactory.create_batch(3, organization=organization, owner=leaver.user)
    remove(leaver, transfer_to=heir.user_id)

    with ExitStack() as both:
        with transaction.atomic():
            remove(heir, transfer_to=next_heir.user_id)
            waiting = both.enter_context(in_background(partial(restore, leaver)))
            until_somebody_waits_for_a_lock()
        record = restored(waiting.result()[0])

    assert (record.resource_count, record.resources_not_restored) == (0, 3)
    assert Resource.objects.owned_by(next_heir.user_id).count() == 3
    assert broken_invariants() == []


def test_a_restoration_takes_the_locks_of_heirs_in_the_order_of_everybody(
    organization: Organization,
) -> None:
    """Two come back in opposite orders, while what they have to get back passes on."""
    first, second, heir = MembershipFactory.create_batch(3, organization=organization)
    for member in (first, second):
        ResourceFactory.create_batch(2, organization=organization, owner=member.user)
        remove(member, transfer_to=heir.user_id)
    forwards, backwards = [first, second], [second, first]
    department = DepartmentFactory.create(organization=organization)

    def passing_on() -> list[str]:
        remove(heir, transfer_to=department.pk)
        return []

    def restoring_all(members: list[Membership]) -> list[str]:
        return [code_of(outcome) for outcome in restore(*members)]

    done = all_at_once(
        partial(restoring_all, forwards), partial(restoring_all, backwards), passing_on
    )

    assert sorted(code for codes in done for code in codes) == [
        *["MEMBERSHIP_ALREADY_EXISTS"] * 2,
        *["restored"] * 2,
    ]
    assert Resource.objects.count() == 4
    assert broken_invariants() == []


def test_an_account_that_is_erased_meanwhile_is_not_restored(former: Membership) -> None:
    with ExitStack() as both:
        with transaction.atomic():
            erase_account(former.user_id, actor=None)
            waiting = both.enter_context(in_background(partial(restoring, former)))
            until_somebody_waits_for_a_lock()
        assert waiting.result() == "REMOVAL_NOT_FOUND"


def test_an_account_that_is_restored_meanwhile_is_not_erased(former: Membership) -> None:
    def erasing() -> str:
        try:
            erase_account(former.user_id, actor=None)
        except ErasureRefusedError as refusal:
            return str(refusal)
        return "erased"

    assert holding(restoring, former, erasing).startswith("Still a member")


def test_a_restoration_that_waited_decides_by_what_the_roles_grant_then(
    organization: Organization,
) -> None:
    role = RoleFactory.create(organization=organization)
    member = MembershipFactory.create(organization=organization, roles=[role])
    remove(member)
    remover = frozenset({Capability.REMOVE_USERS})

    with ExitStack() as both:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=member.user_id)
            waiting = both.enter_context(
                in_background(partial(restore, member, capabilities=remover))
            )
            until_somebody_waits_for_a_lock()
            Role.objects.filter(pk=role.pk).update(capabilities=["manage_billing"])
        assert code_of(waiting.result()[0]) == "INSUFFICIENT_PERMISSIONS"


def test_what_is_left_is_passed_on_or_comes_back(organization: Organization) -> None:
    """What a removal left with its member is no part of the restoration: it stays conserved."""
    member = MembershipFactory.create(organization=organization)
    ResourceFactory.create(organization=organization, owner=member.user)
    department = DepartmentFactory.create(organization=organization)
    remove(member)

    def transferring() -> str:
        [outcome] = transfer_resources(
            organization.pk,
            [member.user_id],
            transfer_to=department.pk,
            caller=CallerWith(),
        )
        return outcome.refusal.code if outcome.refusal else "transferred"

    done = all_at_once(partial(restoring, member), transferring)

    assert done[0] == "restored"
    assert done[1] in {"transferred", "USER_IS_ACTIVE"}
    assert broken_invariants() == []
