"""Makes, changes and deletes the steps of an organization, for the API and the admin.

Each function is one transaction that locks what lets the caller act, then the organization, so that
concurrent changes do not exceed the limit. Each raises the ContractError of a caller who may not do
it, or no longer. None writes an event: the application's log has a line for each.
"""

from typing import TypedDict, Unpack

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
from organizations.models.offboarding_step import OffboardingStepQuerySet
from organizations.valid_fields import require_valid

MOST_STEPS = 50  # of an organization, that are enabled
ASSIGNEES = ("assigned_to_user_id", "assigned_to_department_id", "assigned_to_connection_id")


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

    Raises InvalidFieldsError, StepAlreadyExistsError, TooManyStepsError, and for an assignee that
    does not exist UserNotFoundError (no active member), DepartmentNotFoundError or
    ConnectionNotFoundError (no program, or revoked).
    """
    steps = _lock(organization_id, caller, ADD_STEP, fields)
    step = OffboardingStep(organization_id=organization_id, key=key)
    require_valid(step, ["key"])
    if steps.filter(key=key).exists():
        raise StepAlreadyExistsError({"key": key})
    _save(step, fields, steps)
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
    steps = _lock(organization_id, caller, CHANGE_STEP, fields)
    step = _find(steps, key)
    if _save(step, fields, steps):
        _log("step_changed", step, caller)
    return step


@retried
@transaction.atomic
def delete_step(organization_id: str, key: str, *, caller: Caller) -> None:
    """Delete a step; existing tasks stay. Raises StepNotFoundError."""
    step = _find(_lock(organization_id, caller, DELETE_STEP, {}), key)
    _log("step_deleted", step, caller)
    step.delete()


def _lock(
    organization_id: str, caller: Caller, act: Act, fields: StepFields
) -> OffboardingStepQuerySet:
    """Lock the caller, the assignee and the organization; return its steps.

    Raises the error of a caller who may not act, and of an assignee that does not exist.
    """
    user_id = fields.get("assigned_to_user_id")
    department_id = fields.get("assigned_to_department_id")
    connection_id = fields.get("assigned_to_connection_id")
    members = share_members(organization_id, [user_id] if user_id else (), caller=caller)
    caller.authority(organization_id, act)
    if len(assigned := [name for name in ASSIGNEES if fields.get(name) is not None]) > 1:
        raise InvalidFieldsError(
            {name: ["A step is assigned to one person, department or system."] for name in assigned}
        )
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
    Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    return OffboardingStep.objects.filter(organization=organization_id)


def _find(steps: OffboardingStepQuerySet, key: str) -> OffboardingStep:
    """Return the step with this key. Raises StepNotFoundError."""
    step = steps.filter(key=key).first() if is_type(key) else None
    if step is None:
        raise StepNotFoundError({"key": key})
    return step


def _save(step: OffboardingStep, fields: StepFields, steps: OffboardingStepQuerySet) -> bool:
    """Set the fields of a step, and save it if that changes it; tell whether it did.

    Raises InvalidFieldsError and TooManyStepsError.
    """
    is_new = step._state.adding
    changes: dict[str, object] = dict(fields)
    if any(changes.get(name) for name in ASSIGNEES):
        changes = {**dict.fromkeys(ASSIGNEES), **changes}
    if "title" in fields:
        changes["title"] = clean(fields["title"])
    before = {name: getattr(step, name) for name in changes}
    if before == changes and not is_new:
        return False
    for name, value in changes.items():
        setattr(step, name, value)
    require_valid(step, ("title", "description", "applies_to_type", "due_days", "position"))
    if step.enabled and steps.enabled().exclude(pk=step.pk).count() >= MOST_STEPS:
        raise TooManyStepsError({"limit": MOST_STEPS})
    step.save(force_insert=is_new)
    return True


def _log(event: str, step: OffboardingStep, caller: Caller) -> None:
    """Write a line to the application's log once this is committed."""
    ids = {"organization_id": step.organization_id, "step_id": step.pk, "key": step.key}
    log_on_commit(event, caller.source, [{**ids, **caller.columns}])
