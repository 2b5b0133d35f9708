"""Which tasks a removal opens, and that it opens them in its own statement, whatever the source."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from organizations.handover.steps import change_step
from organizations.models import Membership, OffboardingTask, Organization, Removal, Source
from organizations.removal.preview import preview_removal
from organizations.schedule.due import carry_out
from tests.callers import CallerWith
from tests.conftest import ClientOf
from tests.deactivations import deactivate
from tests.directories import manage
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OrganizationFactory,
    ResourceFactory,
)
from tests.organizations.api.address import address_of
from tests.organizations.bulk.command import UNASKED, run, users
from tests.organizations.handover.verbs import removed
from tests.organizations.scim.caller import Directory
from tests.programs import connect_program
from tests.removals import remove
from tests.schedules import due

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(owner: Membership) -> Membership:
    return MembershipFactory.create(organization=owner.organization)


def test_a_removal_opens_a_task_of_each_enabled_step_in_their_order(member: Membership) -> None:
    organization = member.organization
    department = DepartmentFactory.create(organization=organization)
    system, _ = connect_program(organization)
    for fields in (
        {"key": "b", "position": 1, "assigned_to_connection": system},
        {"key": "a", "position": 1, "assigned_to_department": department},
        {"key": "laptop", "title": "Get it back", "description": "By post.", "due_days": 14},
        {"key": "off", "enabled": False},
    ):
        OffboardingStepFactory.create(organization=organization, **fields)
    OffboardingStepFactory.create(key="elsewhere")

    laptop, a, b = removed(member)

    removal = Removal.objects.get()
    assert [task.key for task in (laptop, a, b)] == ["laptop", "a", "b"]
    assert {task.organization_id for task in (laptop, a, b)} == {organization.pk}
    assert (laptop.title, laptop.description) == ("Get it back", "By post.")
    assert (laptop.state, laptop.note, laptop.count, laptop.closed_at) == ("open", "", None, None)
    assert (a.assigned_to_department, b.assigned_to_connection) == (department, system)
    assert laptop.due_at == removal.created_at + timedelta(hours=14 * 24)
    assert a.due_at is None


def test_a_step_of_a_type_concerns_whoever_owned_such_a_thing_kept_or_passed(
    organization: Organization, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization)
    for key, type_ in (("all", None), ("code", "repository"), ("papers", "document")):
        OffboardingStepFactory.create(organization=organization, key=key, applies_to_type=type_)
    keeps, passes, has_nothing, stays = MembershipFactory.create_batch(4, organization=organization)
    for member in (keeps, passes):
        ResourceFactory.create_batch(
            2, organization=organization, owner=member.user, type="repository"
        )
    ResourceFactory.create(organization=organization, owner=passes.user, type="document")

    previews = preview_removal(
        organization.pk,
        [each.user_id for each in (keeps, passes, has_nothing)],
        caller=CallerWith(),
    )
    remove(
        *(keeps, passes, has_nothing, stays),
        transfer_to={passes.user_id: department.pk, stays.user_id: "dept_none"},
    )

    opened = {
        member.pk: sorted(
            OffboardingTask.objects.filter(removal__membership=member).values_list("key", flat=True)
        )
        for member in (keeps, passes, has_nothing, stays)
    }
    assert opened == {
        keeps.pk: ["all", "code"],
        passes.pk: ["all", "code", "papers"],
        has_nothing.pk: ["all"],
        stays.pk: [],
    }
    assert {p.membership.pk: [step.key for step in p.steps] for p in previews} == {
        pk: keys for pk, keys in opened.items() if pk != stays.pk
    }


def by_api(owner: Membership, member: Membership, client_of: ClientOf) -> None:
    client_of(owner.user).delete(address_of(member), {"confirm": True}, format="json")


def by_schedule(owner: Membership, member: Membership, client_of: ClientOf) -> None:
    carry_out(due(member).pk)


def by_directory(owner: Membership, member: Membership, client_of: ClientOf) -> None:
    directory = Directory.of(owner.organization)
    manage(member)
    directory.send("DELETE", f"/Users/{member.user_id}")


def by_command(owner: Membership, member: Membership, client_of: ClientOf) -> None:
    run(owner.organization, *users(member.user_id), *UNASKED)


@pytest.mark.parametrize(
    ("way", "source"),
    [
        (by_api, Source.API),
        (by_schedule, Source.SCHEDULE),
        (by_directory, Source.SCIM),
        (by_command, Source.COMMAND),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_whatever_the_source(
    owner: Membership,
    member: Membership,
    client_of: ClientOf,
    way: Callable[[Membership, Membership, ClientOf], None],
    source: Source,
) -> None:
    OffboardingStepFactory.create(organization=owner.organization, key="laptop")

    way(owner, member, client_of)

    [task] = OffboardingTask.objects.all()
    assert (task.key, task.removal.source) == ("laptop", source)


def test_a_deactivation_opens_none(owner: Membership, member: Membership) -> None:
    OffboardingStepFactory.create(organization=owner.organization)

    deactivate(member)

    assert not OffboardingTask.objects.exists()


def test_steps_and_leavers_make_no_more_statements(owner: Membership) -> None:
    members = MembershipFactory.create_batch(5, organization=owner.organization)
    counted = []
    for leavers, steps in (([members[0]], 0), ([members[1]], 5), (members[2:], 5)):
        OffboardingStepFactory.create_batch(steps, organization=owner.organization)
        with CaptureQueriesContext(connection) as queries:
            remove(*leavers)
        counted.append(len(queries))

    assert len(set(counted)) == 1
    assert OffboardingTask.objects.count() == 5 + 3 * 10


def test_what_a_step_becomes_changes_no_task_that_was_made(member: Membership) -> None:
    step = OffboardingStepFactory.create(organization=member.organization, title="Before")
    [task] = removed(member)

    change_step(step.organization_id, step.key, title="After", due_days=1, caller=CallerWith())

    task.refresh_from_db()
    assert (task.title, task.due_at) == ("Before", None)


def test_a_task_that_falls_to_nobody_is_read_and_not_written() -> None:
    organization = OrganizationFactory.create()
    person = MembershipFactory.create(organization=organization)
    system, _ = connect_program(organization)
    for fields in ({"assigned_to_user": person.user}, {"assigned_to_connection": system}, {}):
        OffboardingStepFactory.create(organization=organization, **fields)
    removed(MembershipFactory.create(organization=organization))
    MembershipFactory.create(user=person.user)  # elsewhere, which does not count
    tasks = OffboardingTask.objects.with_assignees().order_by("pk")
    assert [task.falls_to_nobody for task in tasks.all()] == [False, False, False]
    before = list(OffboardingTask.objects.order_by("pk").values())

    deactivate(person)
    type(system).objects.filter(pk=system.pk).update(disabled_at=system.created_at)

    assert [task.falls_to_nobody for task in tasks.all()] == [True, True, False]
    assert list(OffboardingTask.objects.order_by("pk").values()) == before
