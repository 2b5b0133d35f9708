"""Makes organizations with COPY; a member has 5 roles, 3 departments and 20 resources."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.db import connection

from config.identifiers import generate_id
from organizations.models import Department, Membership, Organization, Role, RoleAssignment
from tests.sequential_scans import LARGE
from users.models import AccessToken, User

ROLES, DEPARTMENTS, RESOURCES = 5, 3, 20
CREATED = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class World:
    """An organization: its owner's token, a department that takes over, and its other members."""

    organization_id: str
    token: str
    department_id: str
    user_ids: list[str]

    @property
    def bearer(self) -> str:
        """The header Authorization of the owner."""
        return f"Bearer {self.token}"

    def path(self, user_id: str) -> str:
        """Return the address of a member in the API."""
        return f"/v1/organizations/{self.organization_id}/users/{user_id}"


def make_organization(
    members: int,
    *,
    roles: int = ROLES,
    departments: int = DEPARTMENTS,
    resources: int = RESOURCES,
    analyze: bool = True,
) -> World:
    """Create an organization with so many members, each with so much, besides its owner.

    Without ``analyze`` PostgreSQL's statistics stay as they were.
    """
    organization = Organization.objects.create(name="Benchmark")
    owner = User.objects.create(email=f"{organization.pk}@owner.example".lower())
    membership = Membership.objects.create(organization=organization, user=owner)
    RoleAssignment.objects.create(
        organization=organization,
        membership=membership,
        role=organization.roles.get(name="Owner"),
    )
    granted = Role.objects.bulk_create(
        Role(organization=organization, name=f"Role {n}", capabilities=["manage_users"])
        for n in range(roles)
    )
    joined = Department.objects.bulk_create(
        Department(organization=organization, name=f"Department {n}")
        for n in range(max(departments, 1))
    )
    _, token = AccessToken.objects.issue(owner, name="benchmark", lifetime=timedelta(days=1))
    user_ids = [generate_id("usr") for _ in range(members)]
    with connection.cursor() as cursor:
        # The rows are right: foreign keys need not check each of them.
        cursor.execute("SET session_replication_role = replica")
        _copy_people(organization.pk, user_ids)
        cursor.execute(
            "SELECT id, user_id FROM organizations_membership"
            " WHERE organization_id = %s AND user_id <> %s",
            [organization.pk, owner.pk],
        )
        memberships = cursor.fetchall()
        here = organization.pk
        _copy(
            "organizations_roleassignment (organization_id, membership_id, user_id, role_id)",
            ((here, member, user, role.pk) for member, user in memberships for role in granted),
        )
        _copy(
            "organizations_departmentmembership"
            " (organization_id, membership_id, user_id, department_id)",
            (
                (here, member, user, department.pk)
                for member, user in memberships
                for department in joined[:departments]
            ),
        )
        _copy("organizations_resourcetype (organization_id, slug)", [(here, "resource")])
        _copy(
            "organizations_resourceentry"
            " (resource_id, organization_id, type, name, name_words, updated_at)",
            (
                (f"res_{member}x{number}", here, "resource", *_thing(member), CREATED)
                for member, _ in memberships
                for number in range(resources)
            ),
        )
        _copy(
            "organizations_resource (id, organization_id, owner_id, type)",
            (
                (f"res_{member}x{number}", here, user, "resource")
                for member, user in memberships
                for number in range(resources)
            ),
        )
        cursor.execute("SET session_replication_role = origin")
        if analyze:
            # Only filled tables: PostgreSQL would go on taking an analyzed empty table for empty,
            # and read all of it for each foreign key to it.
            cursor.execute(f"ANALYZE {', '.join(LARGE)}")
    return World(organization.pk, token, joined[0].pk, user_ids)


def _name(number: int) -> tuple[str, list[str]]:
    """Return a name of two recurring words, and its search words."""
    first, last = f"given{number % 997}", f"family{number % 1009}"
    return f"{first} {last}", [f"{first} {last}", first, last]


def _thing(number: int) -> tuple[str, list[str]]:
    """Return the name of a resource, and its search words: one of all, and one of a few.

    PostgreSQL estimates the matches of a search only from 100 words on.
    """
    own = f"number{number % 997}"
    return f"thing {own}", [f"thing {own}", own, "thing"]


def _copy_people(organization_id: str, user_ids: Sequence[str]) -> None:
    """Copy accounts without a password, their memberships, and a token of each."""
    _copy(
        "users_user"
        " (id, email, full_name, name_words, password, is_active, is_staff, is_superuser,"
        " created_at)",
        (
            (user_id, f"{user_id.lower()}@example.com", *_name(n), "!", "t", "f", "f", CREATED)
            for n, user_id in enumerate(user_ids)
        ),
    )
    _copy(
        "organizations_membership (organization_id, user_id, created_at)",
        ((organization_id, user_id, CREATED) for user_id in user_ids),
    )
    _copy(
        "users_accesstoken (user_id, name, digest, prefix, created_at, expires_at)",
        (
            (user_id, "", sha256(user_id.encode()).digest(), "offboard_", CREATED, "infinity")
            for user_id in user_ids
        ),
    )


def _copy(table: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Copy rows into a table, which is given with its columns."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
