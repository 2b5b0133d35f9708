"""Reads members with their accounts, identities and departments, and shows them as SCIM users."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import CharField, FilteredRelation, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from scim2_models import Meta, Reference

from organizations.models import Connection, DepartmentMembership, Membership, ScimIdentity
from organizations.models.membership import MembershipQuerySet
from organizations.scim.identities import is_managed_by
from organizations.scim.resources import Email, Name, User, UserGroup
from users.models import User as Account


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the database has them; a request that changes the member updates this, too."""

    connection: Connection
    membership: Membership
    identity: ScimIdentity  # maybe another connection's, or new and unsaved
    departments: Sequence[tuple[str, str]]  # ids and names

    @property
    def account(self) -> Account:
        return self.membership.user

    @property
    def is_managed(self) -> bool:
        """Whether the connection manages this member."""
        return is_managed_by(self.connection, self.identity)

    def as_user(self) -> User:
        """Return a new SCIM user; one whom the directory does not manage is named by address."""
        member, identity = self.membership, self.identity
        if not self.is_managed:
            identity = ScimIdentity(user_name=self.account.email, changed_at=member.created_at)
        name = Name(
            formatted=identity.formatted_name or None,
            given_name=identity.given_name or None,
            family_name=identity.family_name or None,
        )
        changes = [member.created_at, identity.changed_at, member.deactivated_at]
        return User(
            id=member.user_id,
            external_id=identity.external_id or None,
            user_name=identity.user_name,
            name=name if any(value for _, value in name) else None,
            display_name=identity.display_name or None,
            emails=[Email(value=self.account.email, type="work", primary=True)],
            active=member.deactivated_at is None,
            groups=[
                UserGroup.model_construct(
                    value=department_id, ref=Reference(f"Groups/{department_id}"), display=name
                )
                for department_id, name in self.departments
            ]
            or None,
            meta=Meta(
                resource_type="User",
                created=member.created_at,
                last_modified=max(filter(None, changes)),
            ),
        )


def read_members(connection: Connection, memberships: MembershipQuerySet) -> list[Member]:
    """Return these members of the connection's organization, in three statements."""
    found = list(memberships.select_related("user"))
    identities = {
        identity.user_id: identity
        for identity in ScimIdentity.objects.filter(
            organization=connection.organization_id, user__in=[member.user_id for member in found]
        )
    }
    departments: dict[int, list[tuple[str, str]]] = {}
    belonging = DepartmentMembership.objects.filter(membership__in=found).order_by("pk")
    for membership_id, department_id, name in belonging.values_list(
        "membership", "department", "department__name"
    ):
        departments.setdefault(membership_id, []).append((department_id, name))
    return [
        Member(
            connection,
            member,
            identities.get(member.user_id)
            or ScimIdentity(organization_id=connection.organization_id, user_id=member.user_id),
            departments.get(member.pk, ()),
        )
        for member in found
    ]


def name_members(
    connection: Connection, belonging: QuerySet[DepartmentMembership]
) -> Iterator[tuple[str, str, str]]:
    """Yield department, user id and name of department members, ordered by the ids.

    The name is the directory's name of the member, or their userName.
    """
    identity = FilteredRelation(
        "user__scim_identities",
        condition=Q(
            user__scim_identities__organization=connection.organization_id,
            user__scim_identities__connection=connection,
            user__scim_identities__ended_at=None,
        ),
    )
    name = Coalesce(
        NullIf("identity__display_name", Value("")),
        NullIf("identity__formatted_name", Value("")),
        "identity__user_name",
        "user__email",
        output_field=CharField(),
    )
    named = belonging.alias(identity=identity).order_by("department", "user")
    yield from named.values_list("department", "user", name)
