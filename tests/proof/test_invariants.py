"""The questions find what they ask for: of what the database lets pass, all by hand."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from organizations.models import (
    Event,
    EventPosition,
    Membership,
    Removal,
    RemovedResources,
    ResourceMove,
    Restoration,
    Source,
)
from tests.deactivations import deactivate
from tests.directories import connect, manage
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingTaskFactory,
    ResourceFactory,
)
from tests.organizations.restoration.verbs import restore
from tests.proof.invariants import broken_invariants
from tests.removals import remove
from users.models import User

Break = Callable[[Membership, Membership], object]


def log(member: Membership, kind: str, **data: str) -> None:
    """Write an event that nothing has led to."""
    Event.objects.create(
        type=kind,
        organization=member.organization,
        user=member.user,
        source=Source.ADMIN,
        data=data,
    )


def restore_by_hand(former: Membership, **fields: object) -> None:
    back = MembershipFactory.create(organization=former.organization, user=former.user)
    removal = Removal.objects.get(membership=former)
    values = {"roles": removal.roles, "departments": [], "resource_count": 0} | fields
    Restoration.objects.create(removal=removal, membership=back, source=Source.ADMIN, **values)


def move_by_hand(member: Membership, former: Membership) -> None:
    """Give a member what bears the mark of a removal that moved it to somebody else."""
    removal = Removal.objects.get(membership=former)
    other = MembershipFactory.create(organization=member.organization)
    resource = ResourceFactory.create(
        organization=member.organization, owner=member.user, removal=removal
    )
    ResourceMove.objects.create(
        removal=removal, resource=resource, name="thing", transferred_to_user=other.user
    )


def count_by_hand(former: Membership, **target: User) -> None:
    RemovedResources.objects.create(
        removal=Removal.objects.get(membership=former),
        organization=former.organization,
        type="page",
        count=1,
        **target,
    )


BREAKS: dict[str, tuple[str, Break]] = {
    "a removal that was not": (
        "5. no removal and no restoration is in the log alone",
        lambda member, former: log(member, "member.removed", removal_id="rem_none"),
    ),
    "a removal twice in the log": (
        "5. a removal and a restoration have one event each, which says the same",
        lambda member, former: log(
            former, "member.removed", removal_id=Removal.objects.get(membership=former).pk
        ),
    ),
    "a restoration that is not in the log": (
        "5. a removal and a restoration have one event each, which says the same",
        lambda member, former: restore_by_hand(former, resources_not_restored=1),
    ),
    "a restoration that leaves a role out": (
        "5. a restoration accounts for all that its removal took, once",
        lambda member, former: restore_by_hand(former, roles=[], resources_not_restored=1),
    ),
    "a restoration that leaves a resource out": (
        "5. a restoration accounts for all that its removal took, once",
        lambda member, former: restore_by_hand(former),
    ),
    "a restoration that leaves a resource where it is": (
        "4. what a removal moved and is still there comes back with its member",
        lambda member, former: restore_by_hand(former, resources_not_restored=1),
    ),
    "a deactivation that was not": (
        "5. deactivations and reactivations have an event each, and no event is without one",
        lambda member, former: log(member, "member.deactivated"),
    ),
    "a deactivation that is not in the log": (
        "5. a deactivation has its event, at its moment",
        lambda member, former: Membership.objects.filter(pk=member.pk).update(
            deactivated_at=timezone.now()
        ),
    ),
    "a reactivation that is not in the log": (
        "5. deactivations and reactivations have an event each, and no event is without one",
        lambda member, former: (
            deactivate(member),
            Membership.objects.filter(pk=member.pk).update(deactivated_at=None),
        ),
    ),
    "a transfer to nobody": (
        "5. who passed something on is named by its event, with how much and to whom",
        lambda member, former: log(member, "resources.transferred", resource_count="1"),
    ),
    "a directory that still knows a former member": (
        "a directory's identity that has not ended is of a member",
        lambda member, former: (
            connect(former.organization),
            manage(former),
        ),
    ),
    "a gap in the order of the log": (
        "the positions of an organization's events have no gap, and are of its events",
        lambda member, former: EventPosition.objects.create(
            organization=former.organization,
            position=2,
            event=Event.objects.filter(organization=former.organization).latest("pk"),
        ),
    ),
    "a mark of a removal that did not move it": (
        "4. a mark is of a removal that moved the resource",
        lambda member, former: ResourceFactory.create(
            organization=member.organization,
            owner=member.user,
            removal=Removal.objects.get(membership=former),
        ),
    ),
    "a resource that is elsewhere": (
        "4. what a removal moved is where its move put it, in its organization",
        lambda member, former: move_by_hand(member, former),
    ),
    "resources that a record does not count": (
        "4. a record counts what was owned, by type and in all",
        lambda member, former: count_by_hand(former),
    ),
    "resources that passed on without a move": (
        "4. a removal has a move of each resource that it passed on, by type, to its target",
        lambda member, former: count_by_hand(former, transferred_to_user=member.user),
    ),
    "a task that nobody closed": (
        "a task that somebody closed has an event that says so, and who has it is in its place",
        lambda member, former: OffboardingTaskFactory.create(
            removal=Removal.objects.get(membership=former), state="done", closed_at=timezone.now()
        ),
    ),
    "resources of somebody that passed to them": (
        "4. nobody takes over from themself, of any type",
        lambda member, former: count_by_hand(former, transferred_to_user=former.user),
    ),
}


@pytest.fixture
def former(owner: Membership) -> Membership:
    """Somebody who was removed, and whose resource a department has."""
    member = MembershipFactory.create(organization=owner.organization, roles=["Member"])
    ResourceFactory.create(organization=owner.organization, owner=member.user)
    remove(member, transfer_to=DepartmentFactory.create(organization=owner.organization).pk)
    return member


@pytest.mark.parametrize("name", BREAKS)
def test_what_breaks_an_invariant_is_named(
    owner: Membership, former: Membership, name: str
) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    invariant, make = BREAKS[name]
    assert broken_invariants() == []

    make(member, former)

    assert invariant in broken_invariants()


def test_a_whole_story_breaks_none(owner: Membership, former: Membership) -> None:
    restore(former)
    back = Membership.objects.current().get(user=former.user)
    deactivate(back)
    remove(back)
    restore(back)

    assert broken_invariants() == []
