"""Makes, changes and deletes the steps of an organization, for the API and the admin.

Each function is one transaction that locks what lets the caller act, then the organization, so that
concurrent changes do not exceed the limit. Each raises the ContractError of a caller who may not do
it, or no longer. None writes an event: the application's log has a line for each.
"""

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from django.db import transaction

from config.api.errors import InvalidFieldsError
from config.characters import clean
from config.retries import retried
from organizations.application_log import log_on_commit
from organizations.exceptions import (
    ConnectionNotFoundError,
    DepartmentNotFoundError,
    StepAlreadyExistsError,
    StepNotFoundError,
    TooManyStepsError,
    UserNotFoundError,
)
from organizations.guards.acts import ADD_STEP, CHANGE_STEP, DELETE_STEP, Act
from organizations.guards.caller import Caller
from organizations.guards.transfer_targets import is_type
from organizations.locks import share_members
from organizations.models import Connection, Department, OffboardingStep, Organization
from organizations.valid_fields import require_valid

MOST_STEPS = 50  # of an organization, that are enabled
ASSIGNEES = ("assigned_to_user_id", "assigned_to_department_id", "assigned_to_connection_id")
_VALIDATED = ("key", "title", "description", "applies_to_type", "due_days", "position")


class StepFields(TypedDict, total=False):
    """The fields of a step; a change has only those that change.

    An assignee replaces the previous one. None removes a value.
    """

    title: str
    description: str
    applies_to_type: str | None
    assigned_to_user_id: str | None
    assigned_to_department_id: str | None
    assigned_to_connection_id: str | None
    due_days: int | None
    position: int
    enabled: bool


@retried
@transaction.atomic
def create_step(
    organization_id: str, key: str, *, caller: Caller, **fields: Unpack[StepFields]
) -> OffboardingStep:
    """Make a step of an organization, of which each later removal makes a task; return it.

    Raises InvalidFieldsError, StepAlreadyExistsError, for an assignee that does not exist
    UserNotFoundError (no active member), DepartmentNotFoundError or ConnectionNotFoundError (no
    program, or revoked), and TooManyStepsError.
    """
    changes = _read(fields, key=key)
    members = _lock(organization_id, caller, ADD_STEP, fields)
    if OffboardingStep.objects.filter(organization=organization_id, key=key).exists():
        raise StepAlreadyExistsError({"key": key})
    _require_assignee(organization_id, fields, members)
    step = OffboardingStep(organization_id=organization_id)
    _save(step, changes)
    _log("step_created", step, caller)
    return step


@retried
@transaction.atomic
def change_step(
    organization_id: str, key: str, *, caller: Caller, **fields: Unpack[StepFields]
) -> OffboardingStep:
    """Change these fields of a step, if they differ; return it.

    Existing tasks stay as they are. Raises StepNotFoundError, and what `create_step` raises.
    """
    changes = _read(fields)
    members = _lock(organization_id, caller, CHANGE_STEP, fields)
    step = _find(organization_id, key)
    _require_assignee(organization_id, fields, members)
    if any(getattr(step, name) != value for name, value in changes.items()):
        _save(step, changes)
        _log("step_changed", step, caller)
    return step


@retried
@transaction.atomic
def delete_step(organization_id: str, key: str, *, caller: Caller) -> None:
    """Delete a step; existing tasks stay. Raises StepNotFoundError."""
    _lock(organization_id, caller, DELETE_STEP, {})
    step = _find(organization_id, key)
    _log("step_deleted", step, caller)
    step.delete()


def _read(fields: StepFields, **key: str) -> dict[str, Any]:
    """Return the values that these fields give a step. Raises InvalidFieldsError."""
    changes: dict[str, Any] = {**key, **fields}
    if len(assigned := [name for name in ASSIGNEES if changes.get(name) is not None]) > 1:
        raise InvalidFieldsError(
            {name: ["A step is assigned to one person, department or system."] for name in assigned}
        )
    if assigned:
        changes = {**dict.fromkeys(ASSIGNEES), **changes}
    if "title" in fields:
        changes["title"] = clean(fields["title"])
    require_valid(OffboardingStep(**changes), [name for name in _VALIDATED if name in changes])
    return changes


def _lock(organization_id: str, caller: Caller, act: Act, fields: StepFields) -> Mapping[str, bool]:
    """Lock the caller, the person assigned and the organization; return whether they are active.

    Raises the error of a caller who may not act.
    """
    user_id = fields.get("assigned_to_user_id")
    members = share_members(organization_id, [user_id] if user_id else (), caller=caller)
    caller.authority(organization_id, act)
    Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    return members


def _require_assignee(
    organization_id: str, fields: StepFields, members: Mapping[str, bool]
) -> None:
    """Raise the error of an assignee that does not exist or cannot act."""
    user_id = fields.get("assigned_to_user_id")
    department_id = fields.get("assigned_to_department_id")
    connection_id = fields.get("assigned_to_connection_id")
    if user_id is not None and not members.get(user_id):
        raise UserNotFoundError({"user_id": user_id})
    if department_id is not None:
        departments = Department.objects.named(department_id).filter(organization=organization_id)
        if not departments.exists():
            raise DepartmentNotFoundError({"department_id": department_id})
    if connection_id is not None:
        programs = Connection.objects.enabled().filter(
            kind=Connection.Kind.API, organization=organization_id
        )
        if not programs.named(connection_id).exists():
            raise ConnectionNotFoundError({"connection_id": connection_id})


def _find(organization_id: str, key: str) -> OffboardingStep:
    """Return the step with this key. Raises StepNotFoundError."""
    steps = OffboardingStep.objects.filter(organization=organization_id, key=key)
    step = steps.first() if is_type(key) else None
    if step is None:
        raise StepNotFoundError({"key": key})
    return step


def _save(step: OffboardingStep, changes: Mapping[str, object]) -> None:
    """Give a step these values and save it. Raises TooManyStepsError."""
    for name, value in changes.items():
        setattr(step, name, value)
    enabled = OffboardingStep.objects.enabled().filter(organization=step.organization_id)
    if step.enabled and enabled.exclude(pk=step.pk).count() >= MOST_STEPS:
        raise TooManyStepsError({"limit": MOST_STEPS})
    step.save(force_insert=step._state.adding)


def _log(event: str, step: OffboardingStep, caller: Caller) -> None:
    """Write a line to the application's log once this is committed."""
    ids = {"organization_id": step.organization_id, "step_id": step.pk, "key": step.key}
    log_on_commit(event, caller.source, [{**ids, **caller.columns}])
