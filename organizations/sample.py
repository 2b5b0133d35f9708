"""The small organization that the demo shows, with the ids of the contract's examples."""

from dataclasses import dataclass

from django.db import transaction

from organizations.models import (
    Department,
    DepartmentMembership,
    Membership,
    Organization,
    Resource,
    Role,
    RoleAssignment,
)
from users.models import User

ORGANIZATION_ID = "org_xyz789"
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
PEOPLE = (
    OWNER,
    ADMIN,
    LEAVER,
    Person(HEIR_ID, "mia@acme.example", "Mia Member", ("Member",), (DEPARTMENT_ID,)),
    Person("usr_member2", "max@acme.example", "Max Member", ("Member",), ("dept_sales1",)),
    Person("usr_member3", "maya@acme.example", "Maya Member", ("Member",), ("dept_data01",)),
)
RESOURCES = {f"res_sample{number:02}": f"Project {number}" for number in range(1, 13)}


@transaction.atomic
def restore_sample() -> Organization:
    """Bring the sample to its first state; return its organization.

    Somebody who was removed comes back as a new member, somebody who was deactivated is active, and
    what they owned is theirs again. What the sample does not name is left alone, and the records of
    earlier removals stay, as records do.
    """
    organization, _ = Organization.objects.get_or_create(
        pk=ORGANIZATION_ID, defaults={"name": "Acme"}
    )
    organization.roles.get_or_create(name="Billing", defaults={"capabilities": ["manage_billing"]})
    roles = {role.name: role for role in organization.roles.all()}
    for department_id, name in DEPARTMENTS.items():
        Department.objects.get_or_create(
            pk=department_id, defaults={"organization": organization, "name": name}
        )
    for person in PEOPLE:
        _restore_person(organization, person, [roles[name] for name in person.roles])
    for resource_id, name in RESOURCES.items():
        Resource.objects.update_or_create(
            pk=resource_id,
            defaults={
                "organization": organization,
                "name": name,
                "owner_id": LEAVER_ID,
                "department": None,
                "removal": None,
            },
        )
    return organization


def _restore_person(organization: Organization, person: Person, roles: list[Role]) -> None:
    """Make the person a member with exactly these roles and their departments."""
    User.objects.update_or_create(
        pk=person.id,
        defaults={"email": person.email, "full_name": person.full_name, "is_active": True},
    )
    member, _ = Membership.objects.current().update_or_create(
        organization=organization, user_id=person.id, defaults={"deactivated_at": None}
    )
    for role in roles:
        RoleAssignment.objects.get_or_create(
            organization=organization, membership=member, role=role
        )
    member.role_assignments.exclude(role__in=roles).delete()
    for department_id in person.departments:
        DepartmentMembership.objects.get_or_create(
            organization=organization, membership=member, department_id=department_id
        )
    member.department_memberships.exclude(department__in=person.departments).delete()
