"""Finds, makes, changes and deletes departments as SCIM's groups."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db.models import Count, QuerySet
from scim2_models import (
    ConflictException,
    InvalidValueException,
    Meta,
    NotFoundException,
    Reference,
    ResponseParameters,
    SearchRequest,
    UniquenessException,
)
from scim2_server.storage import SearchPage

from config.api.errors import InvalidFieldsError
from config.identifiers import only_ids
from organizations.assignment.department_members import change_department_members
from organizations.departments.service import (
    change_department,
    create_department,
    delete_department,
)
from organizations.exceptions import (
    DepartmentInUseError,
    DepartmentNameTakenError,
    UserNotFoundError,
)
from organizations.guards.caller import Directory
from organizations.models import Connection, Department, DepartmentMembership
from organizations.models.organization import DepartmentQuerySet
from organizations.scim.filters import equalities, unsearchable
from organizations.scim.group_patch import GroupPatch, require_name
from organizations.scim.long_lists import is_requested
from organizations.scim.members import name_members
from organizations.scim.resources import Group, GroupMember

MOST_MEMBERS = 10_000  # of all groups on a page, unless the first alone has more


class Groups:
    """The departments of a connection's organization.

    Locks the department first, then its members in their order.
    """

    def __init__(self, connection: Connection, trace_id: str) -> None:
        self.organization_id = connection.organization_id
        self.caller = Directory(connection=connection, trace_id=trace_id)

    def lock(self, group_id: str) -> None:
        """Lock a department until the transaction ends. Raises NotFoundException.

        The lock does not stop other requests from adding and removing its members.
        """
        self._find(self._departments().select_for_update(no_key=True), group_id)

    def get(self, group_id: str, parameters: ResponseParameters[Any] | None = None) -> Group:
        """Return a department. Raises NotFoundException."""
        [group] = self._read([self._find(self._departments(), group_id)], parameters)
        return group

    def search(self, search_request: SearchRequest[Any]) -> SearchPage:
        """Return a page of departments by their ids. Raises InvalidFilterException."""
        departments = self._departments()
        for attribute, value in equalities(search_request):
            departments = _narrow(departments, attribute, str(value))
        first = (search_request.start_index or 1) - 1
        count = search_request.count
        last = None if count is None else first + count
        page = list(departments.order_by("pk")[first:last])
        if is_requested("members", search_request):
            page = _up_to_most_members(page)
        return SearchPage(departments.count(), list(self._read(page, search_request)))

    def create(self, resource: Group) -> Group:
        """Make a department, with members; return it."""
        with _scim_errors():
            department = create_department(
                self.organization_id,
                name=require_name(resource.display_name),
                external_id=resource.external_id or "",
                caller=self.caller,
            )
        joining = {member.value for member in resource.members or [] if member.value}
        self._change_members(department.pk, joining=joining, leaving=())
        return self.get(department.pk)

    def patch(self, group_id: str, patch: GroupPatch) -> None:
        """Change a department; read only what the change needs. Raises NotFoundException.

        Locks joining and leaving members at once, in one order, since two groups may swap members.
        """
        self.lock(group_id)
        leaving = patch.leaving
        if patch.replaces:
            leaving = set(self._member_ids(group_id)) - patch.joining
        self._change_members(group_id, joining=patch.joining, leaving=leaving)
        # Last, since a new name locks the department's key, and who holds its members waits for it.
        self._name(group_id, patch.name, patch.external_id)

    def update(self, resource: Group) -> Group:
        """Give a department this state, as a PUT does; return it. Raises NotFoundException."""
        group_id = resource.id or ""
        self.patch(group_id, GroupPatch.replacing(resource))
        return self.get(group_id)

    def delete(self, group_id: str) -> None:
        """Delete a department. Raises ConflictException while something refers to it."""
        self.lock(group_id)
        self._change_members(group_id, joining=(), leaving=set(self._member_ids(group_id)))
        with _scim_errors():
            delete_department(self.organization_id, group_id, caller=self.caller)

    def _departments(self) -> DepartmentQuerySet:
        return Department.objects.filter(organization=self.organization_id)

    def _find(self, departments: DepartmentQuerySet, group_id: str) -> Department:
        """Return a department. Raises NotFoundException."""
        if department := departments.named(group_id).first():
            return department
        raise NotFoundException(detail="There is no such group.")

    def _name(self, group_id: str, name: str | None, external_id: str | None) -> None:
        """Give a department another name or external id; None leaves it as it is."""
        if name is None and external_id is None:
            return
        with _scim_errors():
            change_department(
                self.organization_id,
                group_id,
                name=name,
                external_id=external_id,
                caller=self.caller,
            )

    def _member_ids(self, group_id: str) -> QuerySet[DepartmentMembership, str]:
        members = DepartmentMembership.objects.filter(department=group_id)
        return members.values_list("user", flat=True)

    def _change_members(
        self, group_id: str, *, joining: set[str] | Sequence[str], leaving: set[str] | Sequence[str]
    ) -> None:
        """Have members join and leave. Raises InvalidValueException for one who is no member."""
        if not joining and not leaving:
            return
        try:
            change_department_members(
                self.organization_id, group_id, joining=joining, leaving=leaving, caller=self.caller
            )
        except UserNotFoundError as refusal:
            raise InvalidValueException(
                detail=f"There is no such user: {refusal.details['user_id']}"
            ) from refusal

    def _read(
        self, departments: Sequence[Department], parameters: ResponseParameters[Any] | None
    ) -> Sequence[Group]:
        """Return these departments as SCIM shows them, with members if the parameters say so."""
        members: dict[str, list[tuple[str, str]]] = {}
        if is_requested("members", parameters):
            found = DepartmentMembership.objects.filter(department__in=departments)
            for department_id, user_id, name in name_members(self.caller.connection, found):
                members.setdefault(department_id, []).append((user_id, name))
        return [_shown(department, members.get(department.pk, ())) for department in departments]


@contextmanager
def _scim_errors() -> Iterator[None]:
    """Raise what a service refuses about a department as SCIM's errors."""
    try:
        yield
    except DepartmentNameTakenError as refusal:
        raise UniquenessException(detail=str(refusal)) from refusal
    except DepartmentInUseError as refusal:
        raise ConflictException(detail=str(refusal)) from refusal
    except InvalidFieldsError as refusal:
        raise InvalidValueException(detail=f"displayName: {refusal.system_message}") from refusal


def _up_to_most_members(page: list[Department]) -> list[Department]:
    """Return the first departments, at least one, with at most MOST_MEMBERS members in all."""
    members = DepartmentMembership.objects.filter(department__in=page).order_by()
    sizes = dict(members.values_list("department").annotate(Count("pk")))
    total = 0
    for position, department in enumerate(page):
        total += sizes.get(department.pk, 0)
        if position and total > MOST_MEMBERS:
            return page[:position]
    return page


def _narrow(departments: DepartmentQuerySet, attribute: str, value: str) -> DepartmentQuerySet:
    """Return the departments whose attribute has this value."""
    match attribute:
        case "displayname":
            return departments.called(value)
        case "externalid":
            return departments.filter(external_id=value) if value else departments.none()
        case "id":
            return departments.named(value)
        case "members" | "members.value":
            return departments.filter(memberships__user__in=only_ids("usr", [value]))
    raise unsearchable(attribute)


def _shown(department: Department, members: Sequence[tuple[str, str]]) -> Group:
    """Return a department as SCIM shows it, with the ids and names of its members."""
    group = Group(
        id=department.pk,
        external_id=department.external_id or None,
        display_name=department.name,
        meta=Meta(resource_type="Group"),
    )
    named = [
        GroupMember.model_construct(
            value=user_id, ref=Reference(f"Users/{user_id}"), type="User", display=name
        )
        for user_id, name in members
    ]
    return group.model_copy(update={"members": named or None})
