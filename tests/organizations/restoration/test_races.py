"""What happens at the same moment as a restoration, on real connections."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import IntegrityError

from organizations.models import (
    Membership,
    Organization,
    Resource,
    Restoration,
    RoleAssignment,
)
from organizations.transfer.service import transfer_resources
from tests.callers import CallerWith
from tests.concurrency import all_at_once, outcome, result_after
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    ResourceFactory,
    RoleFactory,
)
from tests.organizations.assignment.verbs import add
from tests.organizations.restoration.verbs import code_of, restore, restored
from tests.proof.invariants import broken_invariants
from tests.removals import remove
from users.erasure.service import ErasureRefusedError, erase_account

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("owner")]


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
    return outcome(partial(add, member.organization, member.user))


def test_of_many_restorations_at_once_one_is_done_and_the_others_name_it(
    former: Membership,
) -> None:
    outcomes = [several[0] for several in all_at_once(*[partial(restore, former)] * 6)]

    assert sorted(map(code_of, outcomes)) == ["MEMBERSHIP_ALREADY_EXISTS"] * 5 + ["restored"]
    assert {one.refusal.details["restoration_id"] for one in outcomes if one.refusal} == {
        Restoration.objects.get().pk
    }
    assert broken_invariants() == []


@pytest.mark.parametrize(("first", "second"), [(restoring, adding), (adding, restoring)])
def test_a_restoration_and_an_addition_do_not_both_happen(
    former: Membership, first: Callable[[Membership], str], second: Callable[[Membership], str]
) -> None:
    answer = result_after(partial(first, former), partial(second, former))

    assert answer == "MEMBERSHIP_ALREADY_EXISTS"
    assert Membership.objects.current().filter(user=former.user).count() == 1
    assert Restoration.objects.count() == (first is restoring)


def test_a_restoration_waits_for_a_membership_that_is_made_past_the_service(
    former: Membership,
) -> None:
    making = partial(Membership.objects.create, organization=former.organization, user=former.user)

    assert result_after(making, partial(restoring, former)) == "MEMBERSHIP_ALREADY_EXISTS"
    assert Restoration.objects.count() == 0


@pytest.mark.parametrize("kind", ["roles", "departments"])
def test_what_is_deleted_meanwhile_is_left_out(organization: Organization, kind: str) -> None:
    factory = RoleFactory if kind == "roles" else DepartmentFactory
    held = factory.create(organization=organization)
    member = MembershipFactory.create(organization=organization, **{kind: [held]})
    remove(member)

    [outcome] = result_after(type(held).objects.filter(pk=held.pk).delete, partial(restore, member))

    record = restored(outcome)
    assert getattr(record, kind) == []
    assert getattr(record, f"{kind}_not_restored") == [
        {"id": held.pk, "name": held.name, "reason": "deleted"}
    ]


def test_a_role_that_is_restored_is_not_deleted_under_its_holder(former: Membership) -> None:
    role = former.organization.roles.get(name="Member")

    with pytest.raises(IntegrityError):  # ProtectedError is one, too
        result_after(partial(restoring, former), role.delete)

    assert RoleAssignment.objects.filter(role=role).count() == 1


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
    erasing = partial(erase_account, former.user_id, actor=None)

    assert result_after(erasing, partial(restoring, former)) == "REMOVAL_NOT_FOUND"


def test_an_account_that_is_restored_meanwhile_is_not_erased(former: Membership) -> None:
    with pytest.raises(ErasureRefusedError, match="Still a member"):
        result_after(partial(restoring, former), partial(erase_account, former.user_id, actor=None))


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
