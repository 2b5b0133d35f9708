"""A restoration gives exactly what its record and the present allow, whatever happened between."""

from dataclasses import dataclass

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.models import Department, Membership, Removal, Resource, Role
from tests.deactivations import deactivate
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
    RoleFactory,
)
from tests.organizations.restoration.verbs import preview, restore
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from tests.removals import remove

pytestmark = pytest.mark.django_db

RESTORATIONS = "restorations after histories made up by hypothesis"
AUTHORITIES = (
    frozenset({Capability.REMOVE_USERS}),
    frozenset({Capability.REMOVE_USERS, Capability.MANAGE_BILLING}),
    ALL_CAPABILITIES,
)


@dataclass(frozen=True)
class History:
    """What somebody held, what it passed to, and what became of each thing since."""

    roles: list[str]  # stays, deleted, raised, lowered
    departments: list[str]  # stays, deleted
    resources: list[str]  # stays, moved, put back by hand
    transfer_to: str  # nobody, department, heir
    was_deactivated: bool
    heir_left: bool
    authority: frozenset[Capability]


histories = st.builds(
    History,
    roles=st.lists(st.sampled_from(["stays", "deleted", "raised", "lowered"]), max_size=3),
    departments=st.lists(st.sampled_from(["stays", "deleted"]), max_size=3),
    resources=st.lists(st.sampled_from(["stays", "moved", "put back by hand"]), max_size=4),
    transfer_to=st.sampled_from(["nobody", "department", "heir"]),
    was_deactivated=st.booleans(),
    heir_left=st.booleans(),
    authority=st.sampled_from(AUTHORITIES),
)


@settings(
    max_examples=75,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(history=histories)
def test_it_gives_what_the_record_and_the_present_allow(tally: Tally, history: History) -> None:
    with transaction.atomic():
        check(history)
        transaction.set_rollback(True)
    tally(RESTORATIONS)


def check(history: History) -> None:
    """Let the history happen, restore, and compare with what is to be expected of it."""
    organization = OrganizationFactory.create()
    MembershipFactory.create(organization=organization, roles=["Owner"])
    store, elsewhere = DepartmentFactory.create_batch(2, organization=organization)
    heir = MembershipFactory.create(organization=organization)
    roles = [
        RoleFactory.create(
            organization=organization,
            capabilities=["manage_billing"] if fate == "lowered" else [],
        )
        for fate in history.roles
    ]
    departments = [DepartmentFactory.create(organization=organization) for _ in history.departments]
    member = MembershipFactory.create(
        organization=organization, roles=roles, departments=departments
    )
    resources = [
        ResourceFactory.create(organization=organization, owner=member.user)
        for _ in history.resources
    ]
    if history.was_deactivated:
        deactivate(member)
    target = {"nobody": None, "department": store.pk, "heir": heir.user_id}[history.transfer_to]
    remove(member, transfer_to=target)
    let_happen(history, roles, departments, resources, elsewhere)
    if history.heir_left:
        remove(heir)

    previewed, done = (
        preview(member, capabilities=history.authority)[0],
        restore(member, capabilities=history.authority)[0],
    )

    passed_on = history.transfer_to != "nobody"
    back = [r for r, fate in zip(resources, history.resources, strict=True) if fate == "stays"]
    if "raised" in history.roles and Capability.MANAGE_BILLING not in history.authority:
        assert previewed.refusal
        assert done.refusal
        assert not Membership.objects.current().filter(user=member.user).exists()
        assert Removal.objects.get(membership=member).resources.count() == (
            len(back) if passed_on else 0
        )
        return
    assert done.restoration
    assert previewed.restoration
    record, foreseen = done.restoration, previewed.restoration
    current = Membership.objects.current().get(user=member.user)
    for given_roles, given_departments in (
        (record.roles, record.departments),
        (foreseen.roles, foreseen.departments),
    ):
        assert ids(given_roles) == remaining(roles, history.roles)
        assert ids(given_departments) == remaining(departments, history.departments)
    assert {a.role_id for a in current.role_assignments.all()} == ids(record.roles)
    assert {d.department_id for d in current.department_memberships.all()} == ids(
        record.departments
    )
    assert ids(record.roles_not_restored) == {r.pk for r in roles} - ids(record.roles)
    assert ids(record.departments_not_restored) == {d.pk for d in departments} - ids(
        record.departments
    )
    expected = len(back) if passed_on else 0
    assert record.resource_count == foreseen.resource_count == expected
    assert record.resources_not_restored == (len(resources) - expected if passed_on else 0)
    assert set(Resource.objects.owned_by(member.user_id)) == set(back)
    assert Resource.objects.filter(organization=organization).count() == len(resources)
    assert (current.deactivated_at is not None) == history.was_deactivated
    assert broken_invariants() == []


def let_happen(
    history: History,
    roles: list[Role],
    departments: list[Department],
    resources: list[Resource],
    elsewhere: Department,
) -> None:
    """Delete, change and move what the history says."""
    for role, fate in zip(roles, history.roles, strict=True):
        if fate == "deleted":
            Role.objects.filter(pk=role.pk).delete()
        elif fate in {"raised", "lowered"}:
            Role.objects.filter(pk=role.pk).update(
                capabilities=["manage_billing"] if fate == "raised" else []
            )
    for department, fate in zip(departments, history.departments, strict=True):
        if fate == "deleted":
            Department.objects.filter(pk=department.pk).delete()
    for resource, fate in zip(resources, history.resources, strict=True):
        if fate == "moved":
            Resource.objects.filter(pk=resource.pk).update(
                owner=None, department=elsewhere, removal=None
            )
        elif fate == "put back by hand":
            where = Resource.objects.get(pk=resource.pk)
            was = {"owner": where.owner, "department": where.department}
            Resource.objects.filter(pk=resource.pk).update(
                owner=None, department=elsewhere, removal=None
            )
            if history.transfer_to != "nobody":
                Resource.objects.filter(pk=resource.pk).update(**was)


def ids(entries: list[dict[str, str]]) -> set[str]:
    """Return the ids that a record names."""
    return {entry["id"] for entry in entries}


def remaining(given: list[Role] | list[Department], fates: list[str]) -> set[str]:
    """Return the ids of what there still is."""
    return {one.pk for one, fate in zip(given, fates, strict=True) if fate != "deleted"}
