"""The sample is in its first state however often it is made, and whatever happened meanwhile."""

from typing import Any

import pytest
from django.utils import timezone

from organizations import sample
from organizations.models import (
    Event,
    Membership,
    OffboardingStep,
    OffboardingTask,
    Organization,
    Removal,
    Resource,
)
from tests.factories import OffboardingStepFactory, ResourceFactory
from tests.removals import remove
from users.erasure.service import erase_account
from users.models import User


@pytest.fixture
def acme(db: None) -> Organization:
    return sample.restore_sample()


def state() -> dict[str, Any]:
    """Return who is there with what, who is deactivated, who has left, and who owns what."""
    members = Membership.objects.filter(organization=sample.ORGANIZATION_ID)
    return {
        "members": {
            member.user_id: (
                member.is_active,
                sorted(member.role_assignments.values_list("role__name", flat=True)),
                sorted(member.department_memberships.values_list("department", flat=True)),
            )
            for member in members.current()
        },
        "former": sorted(members.former().values_list("user", flat=True).distinct()),
        "resources": dict(Resource.objects.values_list("pk", "owner")),
        "steps": {
            step.key: [
                *(step.title, step.applies_to_type, step.assigned_to_user_id),
                *(step.assigned_to_department_id, step.assigned_to_connection_id, step.enabled),
            ]
            for step in OffboardingStep.objects.all()
        },
    }


def test_it_has_a_deactivated_and_a_former_member(acme: Organization) -> None:
    first = state()

    active, roles, _ = first["members"][sample.DEACTIVATED.id]
    assert (active, roles) == (False, ["Member"])
    assert first["former"] == [sample.FORMER.id]
    assert Removal.objects.get().resource_count == len(sample.RESOURCES_OF_FORMER)
    assert [task.key for task in Removal.objects.get().tasks.order_by("pk")] == [
        *("laptop", "payroll"),  # he owned no repository
    ]
    types = set(Event.objects.values_list("type", flat=True))
    assert types == {"member.added", "member.deactivated", "member.removed"}


def test_made_again_nothing_changes(acme: Organization) -> None:
    before = state()

    sample.restore_sample()

    assert state() == before
    assert Removal.objects.count() == 1


def test_what_was_tried_is_undone(acme: Organization) -> None:
    before = state()
    members = Membership.objects.current().filter(organization=acme)
    leaver, heir = members.get(user=sample.LEAVER_ID), members.get(user=sample.HEIR_ID)
    remove(leaver, transfer_to=heir.user_id)
    members.filter(user=sample.ADMIN.id).update(deactivated_at=timezone.now())
    members.filter(user=sample.DEACTIVATED.id).update(deactivated_at=None)
    heir.role_assignments.create(organization=acme, role=acme.roles.get(name="Billing"))
    Membership.objects.create(organization=acme, user_id=sample.FORMER.id)
    acme.offboarding_steps.filter(key="payroll").delete()
    acme.offboarding_steps.filter(key="laptop").update(
        title="Bring it", assigned_to_department=None, assigned_to_user=heir.user, enabled=False
    )
    OffboardingStepFactory.create(organization=acme)

    sample.restore_sample()

    assert state() == {**before, "former": sorted([sample.FORMER.id, sample.LEAVER_ID])}


def test_what_a_removal_left_to_be_done_is_closed_once_the_member_is_back(
    acme: Organization,
) -> None:
    leaver = Membership.objects.current().get(organization=acme, user=sample.LEAVER_ID)
    remove(leaver)
    tasks = OffboardingTask.objects.filter(removal__membership=leaver)
    tasks.filter(key="payroll").update(
        state="done", closed_at=timezone.now(), closed_by=sample.OWNER.id
    )

    sample.restore_sample()

    assert dict(tasks.values_list("key", "state")) == {
        "laptop": "skipped",
        "payroll": "done",
        "repositories": "skipped",
    }
    assert OffboardingTask.objects.open().count() == 2  # of the former member


def test_a_resource_that_was_deleted_and_registered_anew_is_the_samples_again(
    acme: Organization,
) -> None:
    before = state()
    own = sample.RESOURCES[0]
    Resource.objects.get(pk=own.id).delete()
    ResourceFactory.create(
        organization=acme,
        department_id=sample.DEPARTMENT_ID,
        type=own.type,
        external_id=own.external_id,
    )

    sample.restore_sample()

    assert state() == before


def test_others_take_the_place_of_those_who_were_erased(acme: Organization) -> None:
    before = state()
    for person in (sample.LEAVER, sample.FORMER):
        if person is sample.LEAVER:
            remove(Membership.objects.current().get(organization=acme, user=person.id))
        erase_account(person.id, actor=None)

    for _ in range(2):
        sample.restore_sample()

        after = state()
        leaver_id, former_id = sample.id_of(sample.LEAVER), sample.id_of(sample.FORMER)
        assert after["members"][leaver_id] == before["members"][sample.LEAVER_ID]
        assert set(after["resources"].values()) == {leaver_id, None}
        assert {*after["former"]} == {sample.LEAVER_ID, sample.FORMER.id, former_id}
    assert User.objects.exclude(erased_at=None).count() == 2
