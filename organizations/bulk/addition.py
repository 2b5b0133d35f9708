"""Previews and does the addition of a batch of rows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from django.db import transaction

from config.api.errors import InvalidFieldsError
from config.case_insensitive_names import key_of
from config.characters import escaped
from config.errors import ContractError
from config.identifiers import is_id
from config.retries import retried
from organizations.assignment.service import Joiner, add_members, already_members
from organizations.bulk.joiners import JoinerRow, names_in
from organizations.bulk.report import Outcome
from organizations.bulk.run import Run
from organizations.departments.service import create_missing_departments
from organizations.exceptions import (
    DepartmentNotFoundError,
    MembershipAlreadyExistsError,
    RoleNotFoundError,
)
from organizations.models import Department, Event, Organization, Role, ScheduledRemoval
from organizations.names import is_name
from organizations.schedule.dates import problem_of
from organizations.schedule.service import schedule_removals
from users.models import User


def preview_batch(
    organization: Organization, batch: Sequence[JoinerRow], *, make_departments: bool
) -> list[JoinerRow]:
    """Return what `add_batch` would return, without the ids of what it would make."""
    names = _Names.of(organization.pk, batch)
    return _decided(organization.pk, batch, names, make_departments=make_departments)


@retried
@transaction.atomic
def add_batch(run: Run, batch: Sequence[JoinerRow], *, make_departments: bool) -> list[JoinerRow]:
    """Add the people of the rows in one transaction; return the rows with their outcomes.

    Accounts that are missing are made, and so are departments if ``make_departments`` says so.
    Whoever is a member already stays as they are. The number of SQL statements does not depend on
    how many they are.
    """
    organization_id = run.organization.pk
    names = _Names.of(organization_id, batch)
    decided = _decided(organization_id, batch, names, make_departments=make_departments)
    joining = [row for row in decided if row.outcome == Outcome.ADDED]
    if missing := {name for row in joining for name in row.new_departments}:
        create_missing_departments(organization_id, sorted(missing), caller=run.caller)
        names = _Names.of(organization_id, batch)
    accounts = User.objects.ensure({row.email: row.full_name for row in joining if not row.user_id})
    joining = [replace(row, user_id=row.user_id or accounts[row.email]) for row in joining]
    joiners = {
        row.user_id: Joiner(
            row.user_id,
            [names.role(name) for name in names_in(row.role_names)],
            [names.department(name) for name in names_in(row.department_names)],
        )
        for row in joining
    }
    additions = add_members(organization_id, list(joiners.values()), caller=run.caller)
    refusals = {each.user_id: each.refusal for each in additions if each.refusal}
    ends = {row.user_id: row.ends_at for row in joining if row.ends_at}
    schedules = schedule_removals(
        organization_id,
        [user_id for user_id in ends if user_id not in refusals],
        remove_at=ends,
        transfer_to=None,
        caller=run.caller,
    )
    schedule_ids = {each.user_id: each.schedule.pk for each in schedules if each.schedule}

    def done(row: JoinerRow) -> JoinerRow:
        if refusal := refusals.get(row.user_id):
            return _refused(row, refusal)
        schedule_id = schedule_ids.get(row.user_id)
        return replace(row, scheduled_removal_id=schedule_id) if schedule_id else row

    done_of = {row.email: done(row) for row in joining}
    return _recognized(
        run, [done_of[row.email] if row.outcome == Outcome.ADDED else row for row in decided]
    )


@dataclass(frozen=True, slots=True)
class _Names:
    """The ids of the roles and departments that rows can name."""

    roles: Mapping[str, str]  # by id and by name
    roles_in_any_case: Mapping[str, str]  # by what names are compared by, if one role has it
    departments: Mapping[str, str]  # by id, and by what names are compared by

    @classmethod
    def of(cls, organization_id: str, batch: Iterable[JoinerRow]) -> Self:
        """Return the roles of an organization, and its departments that rows name: two queries."""
        named = {name for row in batch for name in names_in(row.department_names)}
        found = Department.objects.named(*named) | Department.objects.filter(name_key__in=named)
        departments = list(found.filter(organization=organization_id))
        roles = list(Role.objects.filter(organization=organization_id))
        alike = Counter(key_of(role.name) for role in roles)
        return cls(
            {role.name: role.pk for role in roles} | {role.pk: role.pk for role in roles},
            {key_of(r.name): r.pk for r in roles if alike[key_of(r.name)] == 1},
            {each.name_key: each.pk for each in departments}
            | {each.pk: each.pk for each in departments},
        )

    def role(self, name: str) -> str:
        """Return the id of the role with this id or name, or "".

        The names of two roles may differ in case alone. Then it is the one that is written so.
        """
        return self.roles.get(name) or self.roles_in_any_case.get(key_of(name), "")

    def department(self, name: str) -> str:
        """Return the id of the department with this id or name, or ""."""
        return self.departments.get(name) or self.departments.get(key_of(name), "")


def _decided(
    organization_id: str, rows: Sequence[JoinerRow], names: _Names, *, make_departments: bool
) -> list[JoinerRow]:
    """Return the rows with the outcome that they will have, if nothing changes meanwhile."""
    accounts = [row.user_id for row in rows if row.user_id and not row.outcome]
    members = already_members(organization_id, accounts)

    def decided(row: JoinerRow) -> JoinerRow:
        if row.outcome:
            return row
        if row.user_id in members:
            return replace(row, outcome=Outcome.ALREADY_MEMBER)
        roles, departments = names_in(row.role_names), names_in(row.department_names)
        new = [name for name in departments if not names.department(name)]
        if unknown := next((name for name in roles if not names.role(name)), ""):
            message = f"there is no role {escaped(unknown)}"
            return replace(row, outcome=RoleNotFoundError.code, message=message)
        if unknown := next((n for n in new if not make_departments or not _can_be_made(n)), ""):
            message = f"there is no department {escaped(unknown)}"
            return replace(row, outcome=DepartmentNotFoundError.code, message=message)
        if row.ends_at and (problem := problem_of(row.ends_at)):
            return replace(row, outcome=InvalidFieldsError.code, message=f"remove_at: {problem}")
        return replace(
            row,
            outcome=Outcome.ADDED,
            roles=len({names.role(name) for name in roles}),
            departments=len({names.department(name) or key_of(name) for name in departments}),
            new_departments=tuple(new),
        )

    return list(map(decided, rows))


def _can_be_made(name: str) -> bool:
    """Tell whether a department can have this name; what is meant as an id is no name."""
    return is_name(name, of=Department) and not is_id("dept", name)


def _refused(row: JoinerRow, refusal: ContractError) -> JoinerRow:
    """Return the row of somebody who could not be added although it was decided."""
    if isinstance(refusal, MembershipAlreadyExistsError):
        return replace(row, outcome=Outcome.ALREADY_MEMBER, roles=0, departments=0)
    return replace(row, outcome=refusal.code, message=refusal.message, roles=0, departments=0)


def _recognized(run: Run, rows: list[JoinerRow]) -> list[JoinerRow]:
    """Return the rows; members already whom this run itself added count as added.

    That happens when the connection is lost after a commit and the batch is retried.
    """
    members = [row.user_id for row in rows if row.outcome == Outcome.ALREADY_MEMBER]
    if not members:
        return rows
    events = Event.objects.filter(
        organization=run.organization,
        user__in=members,
        type=Event.Type.MEMBER_ADDED,
        trace_id=run.id,
    )
    data_of = dict(events.values_list("user", "data"))
    schedules = ScheduledRemoval.objects.filter(
        membership__user__in=data_of, organization=run.organization, trace_id=run.id
    )
    schedule_of = dict(schedules.values_list("membership__user", "pk"))
    return [
        replace(
            row,
            outcome=Outcome.ADDED,
            roles=len(data["role_ids"]),
            departments=len(data["department_ids"]),
            scheduled_removal_id=schedule_of.get(row.user_id, ""),
        )
        if row.outcome == Outcome.ALREADY_MEMBER and (data := data_of.get(row.user_id))
        else row
        for row in rows
    ]
