"""Removals undone in reverse give back what each of them passed on, whatever lies between."""

from collections.abc import Callable
from functools import partial

import pgtrigger
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from organizations.guards.caller import Operator
from organizations.models import (
    Department,
    Membership,
    Organization,
    Resource,
    ResourceEntry,
    ResourceMove,
)
from organizations.resources.deletion import delete as delete_resource
from tests.concurrency import result_after
from tests.deactivations import deactivate
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    ResourceFactory,
)
from tests.organizations.restoration.verbs import counts, current, preview, restore, restored
from tests.organizations.transfer.test_selected import transfer
from tests.proof.invariants import broken_invariants
from tests.removals import remove


@pytest.fixture
def people(organization: Organization, owner: Membership) -> list[Membership]:
    """Three members, one after the other the heir of the one before."""
    return MembershipFactory.create_batch(3, organization=organization)


@pytest.fixture
def department(organization: Organization) -> Department:
    """What the last one's things pass to."""
    return DepartmentFactory.create(organization=organization)


def owned(member: Membership) -> int:
    return Resource.objects.owned_by(member.user_id).count()


def chain(people: list[Membership], department: Department) -> None:
    """Give each of them two things, and remove them in turn, each in favour of the next."""
    for member in people:
        ResourceFactory.create_batch(2, organization=member.organization, owner=member.user)
    for member, heir in zip(people, [*(p.user_id for p in people[1:]), department.pk], strict=True):
        remove(member, transfer_to=heir)


@pytest.mark.parametrize(
    ("order", "counted", "left"),
    [
        ([2, 1, 0], [(6, 0), (4, 0), (2, 0)], [2, 2, 2]),
        # What lies above stays where it is, and is counted.
        ([0, 2, 1], [(0, 2), (6, 0), (4, 0)], [0, 4, 2]),
    ],
    ids=["in reverse", "in another order"],
)
def test_each_gets_back_what_is_where_its_removal_put_it(
    people: list[Membership],
    department: Department,
    order: list[int],
    counted: list[tuple[int, int]],
    left: list[int],
) -> None:
    chain(people, department)

    assert [counts(people[number]) for number in order] == counted

    assert [owned(member) for member in people] == left
    assert not Resource.objects.exclude(removal=None).exists()


def test_undone_together_they_are_undone_in_reverse(
    people: list[Membership], department: Department
) -> None:
    chain(people, department)

    for outcomes in (preview(*people), restore(*people)):
        records = map(restored, outcomes)
        assert [(each.resource_count, each.resources_not_restored) for each in records] == [
            *((2, 0), (4, 0), (6, 0))
        ]
    assert [owned(member) for member in people] == [2, 2, 2]
    assert broken_invariants() == []


def test_undone_together_without_the_one_between_it_stays_above(
    people: list[Membership], department: Department
) -> None:
    chain(people, department)
    first, second, third = people

    assert [restored(o).resource_count for o in restore(first, third)] == [0, 6]

    assert [owned(member) for member in people] == [0, 0, 6]
    assert counts(second) == (4, 0)


def test_a_department_in_the_middle_keeps_the_mark_of_what_it_has(
    people: list[Membership], department: Department
) -> None:
    first, second, _ = people
    [mine] = ResourceFactory.create_batch(1, organization=first.organization, owner=first.user)
    ResourceFactory.create(organization=first.organization, owner=second.user)
    remove(first, transfer_to=department.pk)
    remove(second, transfer_to=department.pk)

    assert counts(first) == (1, 0)
    assert list(Resource.objects.owned_by(first.user_id)) == [mine]
    assert counts(second) == (1, 0)


def by_a_transfer(heir: Membership, things: list[Resource]) -> None:
    other = DepartmentFactory.create(organization=heir.organization)
    transfer(*things, to=other.pk)
    transfer(*things, to=heir.user_id)


def by_a_deactivation(heir: Membership, things: list[Resource]) -> None:
    other = MembershipFactory.create(organization=heir.organization)
    deactivate(heir, transfer_to=other.user_id)


def by_raw_orm(heir: Membership, things: list[Resource]) -> None:
    other = MembershipFactory.create(organization=heir.organization)
    for owner in (other.user, heir.user):
        Resource.objects.filter(pk__in=[thing.pk for thing in things]).update(owner=owner)


def by_saving(heir: Membership, things: list[Resource]) -> None:
    department = DepartmentFactory.create(organization=heir.organization)
    for thing in things:
        thing.refresh_from_db()
        thing.owner, thing.department = None, department
        thing.save()


@pytest.mark.parametrize("move", [by_a_transfer, by_a_deactivation, by_raw_orm, by_saving])
def test_any_other_change_of_owner_ends_the_mark_for_good(
    people: list[Membership], move: Callable[[Membership, list[Resource]], None]
) -> None:
    first, heir, _ = people
    moved_on, stays = ResourceFactory.create_batch(
        2, organization=first.organization, owner=first.user
    )
    remove(first, transfer_to=heir.user_id)

    move(heir, [moved_on])

    moved_on.refresh_from_db()
    assert moved_on.removal is None
    if move is by_a_deactivation:  # all of the heir's passed on
        assert counts(first) == (0, 2)
    else:
        assert counts(first) == (1, 1)
        assert list(Resource.objects.owned_by(first.user_id)) == [stays]


def test_what_was_transferred_between_two_removals_comes_back_to_the_second_alone(
    people: list[Membership], department: Department
) -> None:
    first, second, third = people
    [thing] = ResourceFactory.create_batch(1, organization=first.organization, owner=first.user)
    remove(first, transfer_to=second.user_id)
    transfer(thing, to=third.user_id)
    remove(third, transfer_to=department.pk)

    assert counts(third) == (1, 0)
    assert counts(first) == (0, 1)

    assert owned(third) == 1


def test_a_renamed_resource_keeps_its_mark(people: list[Membership]) -> None:
    first, heir, _ = people
    thing = ResourceFactory.create(organization=first.organization, owner=first.user)
    remove(first, transfer_to=heir.user_id)

    ResourceEntry.objects.update(name="renamed", name_words=["renamed"])

    assert counts(first) == (1, 0)
    assert ResourceMove.objects.get(resource=thing).name == thing.name


def test_who_is_removed_twice_gets_back_what_each_removal_took(
    people: list[Membership], department: Department
) -> None:
    first, heir, _ = people
    ResourceFactory.create(organization=first.organization, owner=first.user)
    remove(first, transfer_to=heir.user_id)
    remove(heir, transfer_to=department.pk)
    assert counts(heir) == (1, 0)
    remove(current(heir), transfer_to=department.pk)

    assert counts(heir) == (1, 0)
    assert counts(first) == (1, 0)
    remove(current(first), transfer_to=heir.user_id)
    assert counts(first) == (1, 0)


def test_who_came_back_by_the_other_button_gets_back_what_the_latest_removal_took(
    people: list[Membership],
) -> None:
    first, heir, _ = people
    ResourceFactory.create(organization=first.organization, owner=first.user)
    remove(first, transfer_to=heir.user_id)
    again = MembershipFactory.create(organization=first.organization, user=first.user)
    late = ResourceFactory.create(organization=first.organization, owner=first.user)
    remove(again, transfer_to=heir.user_id)

    assert counts(first) == (1, 0)
    assert list(Resource.objects.owned_by(first.user_id)) == [late]


def test_what_was_deleted_meanwhile_is_counted_and_its_move_stays(people: list[Membership]) -> None:
    first, heir, _ = people
    gone, _ = ResourceFactory.create_batch(2, organization=first.organization, owner=first.user)
    remove(first, transfer_to=heir.user_id)
    delete_resource(first.organization_id, gone.pk, caller=Operator())

    assert counts(first) == (1, 1)
    assert ResourceMove.objects.filter(name=gone.name).exists()


def test_a_mark_from_before_there_were_moves_comes_back_and_ends(
    people: list[Membership],
) -> None:
    """As one that the previous version sets while this one is installed."""
    first, heir, _ = people
    thing = ResourceFactory.create(organization=first.organization, owner=first.user)
    remove(first, transfer_to=heir.user_id)
    with pgtrigger.ignore("organizations.ResourceMove:never_changed_or_deleted"):
        ResourceMove.objects.all().delete()

    [outcome] = restore(first)

    assert restored(outcome).resource_count == 1
    thing.refresh_from_db()
    assert (thing.owner, thing.removal) == (first.user, None)


def test_a_removal_writes_a_move_of_each_resource_and_no_other_statement(
    people: list[Membership], department: Department
) -> None:
    def statements(number: int, heir: str | None) -> int:
        member = MembershipFactory.create(organization=department.organization)
        ResourceFactory.create_batch(number, organization=member.organization, owner=member.user)
        with CaptureQueriesContext(connection) as captured:
            remove(member, transfer_to=heir)
        moves = ResourceMove.objects.filter(removal__membership=member)
        assert moves.count() == (number if heir else 0)
        assert set(moves.values_list("transferred_to", "transferred_to_user")) <= {
            (department.pk, None),
            (None, people[0].user_id),
        }
        return len(captured)

    assert statements(1, department.pk) == statements(20, department.pk)
    assert statements(20, people[0].user_id) == statements(20, None)


def test_a_resource_of_a_refused_member_has_no_move(owner: Membership) -> None:
    ResourceFactory.create(organization=owner.organization, owner=owner.user)
    heir = MembershipFactory.create(organization=owner.organization)

    remove(owner, transfer_to=heir.user_id)

    assert not ResourceMove.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_passes_on_while_it_comes_back_stays_where_it_went(
    organization: Organization, people: list[Membership], department: Department
) -> None:
    elsewhere = DepartmentFactory.create(organization=organization)
    member, *_ = people
    [thing, _] = ResourceFactory.create_batch(2, organization=organization, owner=member.user)
    remove(member, transfer_to=department.pk)
    moving = partial(Resource.objects.filter(pk=thing.pk).update, department=elsewhere)

    record = restored(result_after(moving, partial(restore, member))[0])

    assert (record.resource_count, record.resources_not_restored) == (1, 1)
    assert Resource.objects.get(pk=thing.pk).department == elsewhere
    assert broken_invariants() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_of_two_of_a_chain_at_once_the_second_sees_what_the_first_gave_back(
    people: list[Membership], department: Department, is_reversed: bool
) -> None:
    two = people[:2]
    chain(two, department)
    first, second = reversed(two) if is_reversed else two

    result_after(partial(restore, first), partial(restore, second))

    # What was not where its removal had put it stays with whom it came to.
    assert list(map(owned, two)) == ([2, 2] if is_reversed else [0, 4])
    assert broken_invariants() == []
