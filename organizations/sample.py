"""Makes the small organization that the demo shows, with the ids of the contract's examples."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Q

from organizations.assignment.service import add_member, assign
from organizations.deactivation.service import deactivate_members, reactivate_members
from organizations.domains.service import set_domains
from organizations.guards.caller import Operator
from organizations.handover.closing import TaskChange, change_task
from organizations.handover.steps import ASSIGNEES
from organizations.models import (
    Connection,
    Department,
    Membership,
    OffboardingStep,
    OffboardingTask,
    Organization,
    Resource,
    ResourceType,
)
from organizations.removal.service import remove_members
from organizations.resources.rows import Row, insert
from users.models import User

ORGANIZATION_ID = "org_xyz789"
DOMAIN = "acme.example"
LEAVER_ID = "usr_abc123"
HEIR_ID = "usr_member1"
DEPARTMENT_ID = "dept_eng001"

DEPARTMENTS = {
    DEPARTMENT_ID: "Engineering",
    "dept_data01": "Data",
    "dept_sales1": "Sales",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the sample, with the names of their roles and the ids of their departments."""

    id: str
    email: str
    full_name: str
    roles: tuple[str, ...]
    departments: tuple[str, ...] = ()


OWNER = Person("usr_owner01", "owner@acme.example", "Olivia Owner", ("Owner",))
ADMIN = Person("usr_admin01", "admin@acme.example", "Adam Admin", ("Admin",), (DEPARTMENT_ID,))
LEAVER = Person(
    LEAVER_ID, "leaver@acme.example", "Lea Leaver", ("Member", "Billing"), tuple(DEPARTMENTS)
)
HEIR = Person(HEIR_ID, "mia@acme.example", "Mia Member", ("Member",), (DEPARTMENT_ID,))
PEOPLE = (
    OWNER,
    ADMIN,
    LEAVER,
    HEIR,
    Person("usr_member2", "max@acme.example", "Max Member", ("Member",), ("dept_sales1",)),
    Person("usr_member3", "maya@acme.example", "Maya Member", ("Member",), ("dept_data01",)),
)
DEACTIVATED = Person(
    "usr_member4", "dana@acme.example", "Dana Deactivated", ("Member",), ("dept_sales1",)
)
FORMER = Person("usr_former1", "finn@acme.example", "Finn Former", ("Member",), ("dept_data01",))


def _resource(resource_id: str, type_name: str, key: str, name: str) -> Row:
    """Return a resource without an owner; ``key`` is its id in the system that it comes from."""
    return Row(resource_id, type_name, name, None, None, external_id=key)


RESOURCES = (
    _resource("res_sample01", "repository", "web", "Web shop"),
    _resource("res_sample02", "repository", "api", "Public API"),
    _resource("res_sample03", "repository", "infra", "Infrastructure"),
    _resource("res_sample04", "repository", "docs", "Documentation"),
    _resource("res_sample05", "document", "roadmap", "Roadmap"),
    _resource("res_sample06", "document", "handbook", "Handbook"),
    _resource("res_sample07", "document", "onboarding", "Onboarding"),
    _resource("res_sample08", "document", "budget", "Budget"),
    _resource("res_sample09", "document", "minutes", "Minutes"),
    _resource("res_sample10", "document", "style", "Style guide"),
    _resource("res_sample11", "document", "lessons", "Lessons learned"),
    _resource("res_sample12", "invoice-approval", "over-10000", "Invoices over 10,000"),
)
# The system that closes its task by itself, as the receiver in organizations/events/README.md does.
CODE_HOST = "Code host"
# What is to be done elsewhere once somebody has left.
STEPS: dict[str, dict[str, Any]] = {
    "laptop": {
        "title": "Get the laptop back",
        "description": "Send a box with a return label, and lock the laptop once it is here.",
        "assigned_to_department_id": DEPARTMENT_ID,
        "due_days": 14,
    },
    "payroll": {
        "title": "End the payroll",
        "description": "Pay what is left of the holidays with the last salary.",
        "due_days": 7,
    },
    "repositories": {
        "title": "Pass on the repositories",
        "description": "The code host gives them to whoever took them over here.",
        "applies_to_type": "repository",
        "due_days": 1,
    },
}
RESOURCES_OF_FORMER = tuple(
    _resource(f"res_former{number:02}", "document", f"archive-{number}", f"Archive {number}")
    for number in range(1, 4)
)


@transaction.atomic
def restore_sample() -> Organization:
    """Bring the sample to its first state; return its organization.

    Its people are members who own their first resources; one is deactivated and one removed, all
    by the services. Deletes its webhook endpoints, so that nobody outside hears of it, and closes
    the open tasks of its members' earlier removals. Leaves the records of these and all else alone.
    """
    organization, _ = Organization.objects.get_or_create(
        pk=ORGANIZATION_ID, defaults={"name": "Acme"}
    )
    set_domains(organization.pk, [DOMAIN], shared=[DOMAIN])
    organization.webhook_endpoints.all().delete()
    organization.roles.get_or_create(name="Billing", defaults={"capabilities": ["manage_billing"]})
    for department_id, name in DEPARTMENTS.items():
        Department.objects.get_or_create(
            pk=department_id, defaults={"organization": organization, "name": name}
        )
    for person in (*PEOPLE, DEACTIVATED, FORMER):
        _restore_account(person)
    for person in (*PEOPLE, DEACTIVATED):
        _restore_member(organization, person)
        _close_tasks(organization, person)
    _restore_resources(organization, RESOURCES, LEAVER)
    deactivate_members(
        organization.pk,
        [id_of(DEACTIVATED)],
        transfer_to=None,
        caller=Operator(reason="On leave."),
    )
    _restore_steps(organization)
    if not _has_left(organization, FORMER):
        _restore_member(organization, FORMER)
        _restore_resources(organization, RESOURCES_OF_FORMER, FORMER)
        remove_members(
            organization.pk,
            [id_of(FORMER)],
            transfer_to=DEPARTMENT_ID,
            caller=Operator(reason="The contract ended."),
        )
    return organization


def id_of(person: Person) -> str:
    """Return the id of the person's account: the sample's own, unless that was erased."""
    return str(User.objects.values_list("pk", flat=True).get(email=person.email))


def _restore_account(person: Person) -> None:
    """Give the person an account: the sample's own, or another if that one was erased."""
    is_erased = User.objects.filter(pk=person.id).exclude(erased_at=None).exists()
    key = {"email": person.email} if is_erased else {"pk": person.id}
    User.objects.update_or_create(
        **key, defaults={"email": person.email, "full_name": person.full_name, "is_active": True}
    )


def _restore_member(organization: Organization, person: Person) -> None:
    """Make the person an active member with exactly these roles and departments."""
    roles = organization.roles.filter(name__in=person.roles)
    give = assign if _is_member(organization, person) else add_member
    give(
        organization.pk,
        id_of(person),
        role_ids=list(roles.values_list("pk", flat=True)),
        department_ids=person.departments,
        caller=Operator(),
    )
    # An active member is refused, and stays active.
    reactivate_members(organization.pk, [id_of(person)], caller=Operator())


def _close_tasks(organization: Organization, person: Person) -> None:
    """Close what earlier removals of a member left to be done: they are here again.

    Only a restoration cancels tasks, so these are skipped.
    """
    tasks = OffboardingTask.objects.filter(
        organization=organization,
        removal__membership__user=id_of(person),
        state__in=OffboardingTask.CANCELLABLE,
    )
    skipped = TaskChange(OffboardingTask.State.SKIPPED, note="The demo was run again.")
    for task_id in tasks.order_by("pk").values_list("pk", flat=True):
        change_task(organization.pk, task_id, skipped, caller=Operator())


def _restore_steps(organization: Organization) -> None:
    """Give the organization exactly these steps, and the connection that one is assigned to."""
    code_host = organization.connections.enabled().filter(name=CODE_HOST).first()
    if code_host is None:
        code_host = Connection(organization=organization, kind=Connection.Kind.API, name=CODE_HOST)
        code_host.clean()
        code_host.save()
    assigned = {
        "payroll": {"assigned_to_user_id": id_of(OWNER)},
        "repositories": {"assigned_to_connection_id": code_host.pk},
    }
    organization.offboarding_steps.exclude(key__in=STEPS).delete()
    unset = dict.fromkeys([*ASSIGNEES, "applies_to_type"])
    for position, (key, step) in enumerate(STEPS.items()):
        OffboardingStep.objects.update_or_create(
            organization=organization,
            key=key,
            defaults={
                **unset,
                **step,
                **assigned.get(key, {}),
                "position": position,
                "enabled": True,
            },
        )


def _is_member(organization: Organization, person: Person) -> bool:
    """Tell whether the person is a member, active or deactivated."""
    return Membership.objects.current().of(organization.pk, [id_of(person)]).exists()


def _has_left(organization: Organization, person: Person) -> bool:
    """Tell whether the person was removed, and not restored or added since."""
    tenures = Membership.objects.of(organization.pk, [id_of(person)])
    return tenures.exists() and not _is_member(organization, person)


def _restore_resources(organization: Organization, resources: Sequence[Row], owner: Person) -> None:
    """Make these resources anew, owned by an active member."""
    for each in resources:
        # Also finds one that was registered by the same key after the sample's was deleted.
        by_key = Q(entry__type=each.type, entry__external_id=each.external_id)
        Resource.objects.filter(Q(pk=each.id) | Q(by_key, organization=organization)).delete()
    ResourceType.objects.ensure(organization.pk, {each.type for each in resources})
    owner_id = id_of(owner)
    insert(organization.pk, [replace(each, owner_id=owner_id) for each in resources])
