"""Makes, changes and deletes departments, for the API, the admin and directories.

Each function is one transaction, and raises the ContractError of a caller who may not do it. None
records an event; each writes a line to the application's log.
"""

from collections.abc import Iterable

from django.db import transaction

from config.case_insensitive_names import key_of
from config.retries import retried
from organizations.exceptions import DepartmentInUseError, DepartmentNotFoundError
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
from organizations.names import log_named, require_name, save_named
from organizations.uses import Uses


@retried
@transaction.atomic
def create_department(
    organization_id: str, *, name: str, external_id: str = "", caller: Caller
) -> Department:
    """Make a department of an organization; return it.

    ``external_id`` is the directory's own id of it. Raises InvalidFieldsError for a name that is
    none, and DepartmentNameTakenError for another department's, whatever its case.
    """
    name = name.strip()
    require_name(name, of=Department)
    admit(organization_id, caller=caller, act=ADD_DEPARTMENT)
    department = Department(organization_id=organization_id, name=name, external_id=external_id)
    save_named(department)
    log_named("department_created", [department], caller)
    return department


@retried
@transaction.atomic
def create_missing_departments(
    organization_id: str, names: Iterable[str], *, caller: Caller
) -> list[Department]:
    """Make a department of each of these names that no department has, in any case; return these.

    The names are valid (`organizations.names.is_name`). Takes a fixed number of SQL statements.
    """
    admit(organization_id, caller=caller, act=ADD_DEPARTMENT)
    by_key = {key_of(name): name for name in names}
    missing = [Department(organization_id=organization_id, name=name) for name in by_key.values()]
    Department.objects.bulk_create(missing, ignore_conflicts=True)
    made = list(Department.objects.filter(pk__in=[department.pk for department in missing]))
    log_named("department_created", made, caller)
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
    """Change the name or the directory's id of a department, unless None; return the department.

    Writes nothing if nothing changes. Raises DepartmentNotFoundError, and as `create_department`.
    """
    if name is not None:
        name = name.strip()
        require_name(name, of=Department)
    department = _lock(organization_id, department_id, caller, CHANGE_DEPARTMENT)
    before = department.name, department.external_id
    if name is not None:
        department.name = name
    if external_id is not None:
        department.external_id = external_id
    if (department.name, department.external_id) != before:
        save_named(department)
        log_named("department_changed", [department], caller)
    return department


@retried
@transaction.atomic
def delete_department(organization_id: str, department_id: str, *, caller: Caller) -> None:
    """Delete a department that nothing refers to.

    Raises DepartmentNotFoundError and DepartmentInUseError, which counts what refers to it.
    """
    department = _lock(organization_id, department_id, caller, DELETE_DEPARTMENT)
    # A transaction that adds a member or a resource locks the department's key. This lock waits
    # for it, so that the use is counted; a later one waits for the deletion, and fails.
    Department.objects.select_for_update().get(pk=department.pk)
    if uses := uses_of(department):
        raise DepartmentInUseError(department.pk, uses)
    log_named("department_deleted", [department], caller)
    department.delete()


def uses_of(department: Department) -> Uses:
    """Count what refers to a department.

    A removal or a schedule that names it as the default and for a type counts once.
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
    """Lock a department, then the caller's authority; return the department.

    The department comes first, as in a directory's change of a group and its members. Its key is
    locked last, since transactions that hold memberships wait for it (organizations/locks.py).
    Raises DepartmentNotFoundError, and as `admit`.
    """
    departments = Department.objects.named(department_id).filter(organization=organization_id)
    department = departments.select_for_update(no_key=True).first()
    admit(organization_id, caller=caller, act=act)
    if department is None:
        raise DepartmentNotFoundError({"department_id": department_id})
    return department
