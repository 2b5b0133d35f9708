"""Makes, changes and deletes departments, for the API, the admin and directories.

Each function is one transaction. Each raises the ContractError of a caller who may not do it, or no
longer. None leaves an event: the application's log has a line each.
"""

from collections.abc import Iterable

from django.db import transaction

from config.case_insensitive_names import key_of
from config.retries import retried
from organizations.application_log import log_on_commit
from organizations.exceptions import (
    DepartmentInUseError,
    DepartmentNameTakenError,
    DepartmentNotFoundError,
)
from organizations.guards.acts import ADD_DEPARTMENT, CHANGE_DEPARTMENT, DELETE_DEPARTMENT, Act
from organizations.guards.caller import Caller
from organizations.locks import admit
from organizations.models import (
    Connection,
    Department,
    OffboardingStep,
    OffboardingTask,
    Removal,
    RemovedResources,
    ScheduledRemoval,
    ScheduledTransfer,
)
from organizations.models.organization import DEPARTMENT_NAME
from organizations.names import save_named
from organizations.uses import Uses


@retried
@transaction.atomic
def create_department(
    organization_id: str, *, name: str, external_id: str = "", caller: Caller
) -> Department:
    """Make a department of an organization; return it.

    ``external_id`` is what a directory calls it. Raises InvalidFieldsError for a name that is none,
    and DepartmentNameTakenError for that of another department, in any case.
    """
    admit(organization_id, caller=caller, act=ADD_DEPARTMENT)
    department = Department(
        organization_id=organization_id, name=name.strip(), external_id=external_id
    )
    _save(department)
    _log("department_created", [department], caller)
    return department


@retried
@transaction.atomic
def create_missing_departments(
    organization_id: str, names: Iterable[str], *, caller: Caller
) -> list[Department]:
    """Make a department of each of these names that no department has, in any case; return these.

    The names are checked already (`organizations.names.is_name`). The number of SQL statements does
    not depend on how many they are.
    """
    admit(organization_id, caller=caller, act=ADD_DEPARTMENT)
    by_key = {key_of(name): name for name in names}
    wanted = [Department(organization_id=organization_id, name=name) for name in by_key.values()]
    Department.objects.bulk_create(wanted, ignore_conflicts=True)
    made = list(Department.objects.filter(pk__in=[department.pk for department in wanted]))
    _log("department_created", made, caller)
    return made


@retried
@transaction.atomic
def change_department(
    organization_id: str,
    department_id: str,
    *,
    name: str | None = None,
    external_id: str | None = None,
    caller: Caller,
) -> Department:
    """Give a department another name, or what a directory calls it; None leaves it as it is.

    Returns the department. Where nothing changes, nothing is written. Raises
    DepartmentNotFoundError, and for the name what `create_department` raises.
    """
    department = _lock(organization_id, department_id, caller, CHANGE_DEPARTMENT)
    before = department.name, department.external_id
    if name is not None:
        department.name = name.strip()
    if external_id is not None:
        department.external_id = external_id
    if (department.name, department.external_id) != before:
        _save(department)
        _log("department_changed", [department], caller)
    return department


@retried
@transaction.atomic
def delete_department(organization_id: str, department_id: str, *, caller: Caller) -> None:
    """Delete a department that nothing refers to.

    Raises DepartmentNotFoundError and DepartmentInUseError, which counts what refers to it.
    """
    department = _lock(organization_id, department_id, caller, DELETE_DEPARTMENT)
    # Whoever joins it or gives it a resource meanwhile holds its key: this waits for them, so that
    # they are counted, or they wait for this and find it deleted.
    Department.objects.select_for_update().get(pk=department.pk)
    if uses := uses_of(department):
        raise DepartmentInUseError(department.pk, uses)
    _log("department_deleted", [department], caller)
    department.delete()


def uses_of(department: Department) -> Uses:
    """Return how many members, resources, records, steps and others refer to a department.

    A removal or a schedule counts once, where it names the department for all and for a type.
    """
    by_type = RemovedResources.objects.filter(transferred_to=department)
    scheduled_by_type = ScheduledTransfer.objects.filter(transferred_to=department)
    return Uses.counted(
        member=department.memberships.values("pk"),
        resource=department.resources.values("pk"),
        removal=Removal.objects.filter(transferred_to=department)
        .values("pk")
        .union(by_type.values("removal")),
        scheduled_removal=ScheduledRemoval.objects.filter(transferred_to=department)
        .values("pk")
        .union(scheduled_by_type.values("schedule")),
        connection=Connection.objects.passing_to(department).values("pk").distinct(),
        step=OffboardingStep.objects.filter(assigned_to_department=department).values("pk"),
        open_task=OffboardingTask.objects.filter(open_department=department.pk).values("pk"),
    )


def _lock(organization_id: str, department_id: str, caller: Caller, act: Act) -> Department:
    """Lock a department, then what lets the caller act, and return it as it is then.

    The department comes first, as where a directory changes a group and its members. Its key comes
    last, since whoever holds memberships waits for it. Raises DepartmentNotFoundError.
    """
    departments = Department.objects.named(department_id).filter(organization=organization_id)
    department = departments.select_for_update(no_key=True).first()
    admit(organization_id, caller=caller, act=act)
    if department is None:
        raise DepartmentNotFoundError({"department_id": department_id})
    return department


def _save(department: Department) -> None:
    """Save a department. Raises InvalidFieldsError and DepartmentNameTakenError."""
    taken = DepartmentNameTakenError({"name": department.name})
    save_named(department, taken=taken, constraint=DEPARTMENT_NAME)


def _log(event: str, departments: Iterable[Department], caller: Caller) -> None:
    """Write a line each to the application's log once this is committed."""
    log_on_commit(
        event,
        caller.source,
        [
            {"organization_id": each.organization_id, "department_id": each.pk, **caller.columns}
            for each in departments
        ],
    )
