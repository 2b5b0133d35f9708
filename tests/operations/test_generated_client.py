"""A client that is generated from the description does the work, and its types hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from organizations.models import OffboardingTask, Removal
from organizations.sample import (
    DEPARTMENT_ID,
    HEIR_ID,
    LEAVER_ID,
    OWNER,
    RESOURCES,
    restore_sample,
)
from tests.processes import output_of
from tests.production import Production, serving, token_of
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)  # all alike, so that they run in a row

# Written as a user of the generated client would: each step is one call.
PROGRAM = """
import sys

from offboard_client import AuthenticatedClient, models
from offboard_client.api.audit_log import export_events
from offboard_client.api.departments import list_departments
from offboard_client.api.removals import get_removal
from offboard_client.api.users import get_user, list_users
from offboard_client.api.users import preview_removal, remove_user, restore_user

ACME = "org_xyz789"
client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])

found = list_users.sync(ACME, client=client, search="lea")
assert isinstance(found, models.PaginatedUserList)
[leaver] = found.items
following = list_users.sync(ACME, client=client, limit=1, after=leaver.id)
assert isinstance(following, models.PaginatedUserList)
assert following.items[0].id > leaver.id

preview = preview_removal.sync(ACME, leaver.id, client=client)
assert isinstance(preview, models.RemovalPreview)
assert preview.can_be_removed

unconfirmed = remove_user.sync(ACME, leaver.id, client=client, body=models.RemovalRequest())
assert isinstance(unconfirmed, models.ErrorResponse)
assert (unconfirmed.error.status, unconfirmed.error.code) == (422, "CONFIRMATION_REQUIRED")

departments = list_departments.sync(ACME, client=client)
assert isinstance(departments, list)
order = models.RemovalRequest(
    confirm=True, transfer_resources_to_department_id=departments[0].id, reason="Left"
)
done = remove_user.sync_detailed(ACME, leaver.id, client=client, body=order)
assert done.status_code == 204

absent = get_user.sync(ACME, leaver.id, client=client)
assert isinstance(absent, models.ErrorResponse)
removal_id = absent.error.details["removal_id"]
removal = get_removal.sync(ACME, removal_id, client=client)
assert isinstance(removal, models.Removal)
assert removal.transferred_to_department_id == departments[0].id

restoration = restore_user.sync(
    ACME, leaver.id, client=client, body=models.RestorationRequest(confirm=True)
)
assert isinstance(restoration, models.Restoration)
assert restoration.user.id == leaver.id

log = export_events.sync(ACME, client=client, user_id=leaver.id)
assert isinstance(log, str)
assert "member.removed" in log
assert "member.restored" in log

print(removal_id)
"""

BY_TYPE = """
import sys

from offboard_client import AuthenticatedClient, models
from offboard_client.api.removals import list_moved_resources, list_removals
from offboard_client.api.resources import get_resource_by_key, import_resources, register_resource
from offboard_client.api.users import preview_removal, remove_user

ACME, LEAVER, HEIR = "org_xyz789", "usr_abc123", "usr_member1"
client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])

billing = models.RegistrationRequest(name="Billing", owner_user_id=LEAVER)
registered = [
    register_resource.sync_detailed(ACME, "repository", "acme/billing", client=client, body=billing)
    for _ in range(2)
]
assert [each.status_code for each in registered] == [201, 200]

lines = [
    models.LineRequest(type_="approval", external_id=key, name=key, owner_user_id=owner)
    for key, owner in (("4711", LEAVER), ("4712", "usr_former1"))
]
imported = import_resources.sync(ACME, client=client, body=models.ImportRequest(resources=lines))
assert isinstance(imported, models.ImportResult)
assert imported.created == 1
assert [(line.index, line.error.code) for line in imported.failed] == [(1, "USER_NOT_FOUND")]

preview = preview_removal.sync(ACME, LEAVER, client=client)
assert isinstance(preview, models.RemovalPreview)
counts = {each.type_: each.count for each in preview.resources}
assert (counts["repository"], counts["approval"]) == (5, 1)

by_type = models.RemovalRequestTransferResourcesByType.from_dict({"repository": "usr_former1"})
order = models.RemovalRequest(confirm=True, transfer_resources_by_type=by_type)
unknown = remove_user.sync(ACME, LEAVER, client=client, body=order)
assert isinstance(unknown, models.ErrorResponse)
assert unknown.error.code == "TRANSFER_USER_NOT_FOUND"
assert unknown.error.details.to_dict() == {"user_id": "usr_former1", "type": "repository"}

by_type["repository"] = HEIR
order.transfer_resources_to_department_id = "dept_eng001"
done = remove_user.sync_detailed(ACME, LEAVER, client=client, body=order)
assert done.status_code == 204

now = get_resource_by_key.sync(ACME, "repository", "acme/billing", client=client)
assert isinstance(now, models.Resource)
assert now.owner_user_id == HEIR

removals = list_removals.sync(ACME, client=client, user_id=LEAVER)
assert isinstance(removals, models.PaginatedRemovalList)
moves = list_moved_resources.sync(ACME, removals.items[0].id, client=client)
assert isinstance(moves, models.PaginatedMovedResourceList)
for move in moves.items:
    target = move.transferred_to_user_id or move.transferred_to_department_id
    print(move.type_, move.external_id, target, move.now)
"""

HAND_OVER = """
import sys

from offboard_client import AuthenticatedClient, models
from offboard_client.api.connections import create_connection, revoke_connection
from offboard_client.api.hand_over import create_offboarding_step, list_offboarding_tasks
from offboard_client.api.hand_over import update_offboarding_step, update_offboarding_task
from offboard_client.api.users import preview_removal, remove_user, restore_user

ACME, LEAVER = "org_xyz789", "usr_abc123"
client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])

named = models.ConnectionCreationRequest(name="Door", capabilities=[])
door = create_connection.sync(ACME, client=client, body=named)
assert isinstance(door, models.ConnectionWithToken)
program = AuthenticatedClient(base_url=sys.argv[1], token=door.token)
asked = models.StepCreationRequest(
    key="badge", title="Lock the badge", assigned_to_connection_id=door.id, due_days=0
)
step = create_offboarding_step.sync(ACME, client=client, body=asked)
assert isinstance(step, models.OffboardingStep)

seen = preview_removal.sync_detailed(ACME, LEAVER, client=client).headers["ETag"]
update_offboarding_step.sync(
    ACME, "badge", client=client, body=models.PatchedStepChangeRequest(title="Badge")
)
confirmed = models.RemovalRequest(confirm=True)
changed = remove_user.sync(ACME, LEAVER, client=client, body=confirmed, if_match=seen)
assert isinstance(changed, models.ErrorResponse)
assert (changed.error.status, list(changed.error.details["changed"])) == (412, ["tasks"])
seen = preview_removal.sync_detailed(ACME, LEAVER, client=client).headers["ETag"]
done = remove_user.sync_detailed(ACME, LEAVER, client=client, body=confirmed, if_match=seen)
assert done.status_code == 204

late = list_offboarding_tasks.sync(
    ACME, client=client, overdue=models.ListOffboardingTasksOverdue.TRUE, user_id=LEAVER
)
mine = list_offboarding_tasks.sync(
    ACME,
    client=program,
    assigned_to=models.ListOffboardingTasksAssignedTo.ME,
    state=[models.ListOffboardingTasksStateItem.OPEN],
)
assert isinstance(late, models.PaginatedOffboardingTaskList)
assert isinstance(mine, models.PaginatedOffboardingTaskList)
[task] = mine.items
assert [each.id for each in late.items] == [task.id]

lost = models.TaskChangeStateEnum.FAILED
said = models.TaskChangeRequest(state=lost, note="It is lost.", count=1)
failed = update_offboarding_task.sync(ACME, task.id, client=program, body=said)
assert isinstance(failed, models.OffboardingTask)
assert (failed.note, failed.count, failed.closed_by_connection_id) == ("It is lost.", 1, door.id)
back = models.RestorationRequest(confirm=True)
restored = restore_user.sync(ACME, LEAVER, client=client, body=back)
assert isinstance(restored, models.Restoration)
assert task.id in [each.id for each in restored.cancelled_tasks]
refused = update_offboarding_task.sync(ACME, task.id, client=program, body=said)
assert isinstance(refused, models.ErrorResponse)
assert revoke_connection.sync_detailed(ACME, door.id, client=client).status_code == 204
print(refused.error.code, task.id)
"""

# After BY_TYPE: each of the leaver's resources, its new owner, and where it is now.
WHO_HAS_WHAT = sorted(
    f"{type_} {key} {HEIR_ID if type_ == 'repository' else DEPARTMENT_ID} there"
    for type_, key in (
        ("repository", "acme/billing"),
        ("approval", "4711"),
        *((each.type, each.external_id) for each in RESOURCES),
    )
)


PROGRAMS = {"one.py": PROGRAM, "by_type.py": BY_TYPE, "hand_over.py": HAND_OVER}


@pytest.fixture(scope="module")
def generated(
    committed_db: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Production]]:
    """The folder of the generated client and of programs that use it, and a server."""
    folder = tmp_path_factory.mktemp("generated")
    for name, program in PROGRAMS.items():
        (folder / name).write_text(program)
    with serving("--workers", "1") as server:
        said = output_of(
            *("openapi-python-client", "generate", "--url", f"{server.url}/v1/openapi.json"),
            *("--meta", "none", "--output-path", "offboard_client"),
            folder=folder,
        )
        assert "Warning" not in said
        yield folder, server


def printed(program: str, folder: Path, server: Production, *, interpreter: str = "python") -> str:
    """Return what one of the programs prints on the sample."""
    restore_sample()
    token = token_of(User.objects.get(pk=OWNER.id))
    return output_of(interpreter, program, server.url, token, folder=folder)


def test_its_types_hold(generated: tuple[Path, Production]) -> None:
    # What is generated from the description; the generator's own client.py is not strict.
    described = ("offboard_client/api", "offboard_client/models", *PROGRAMS)
    output_of("mypy", "--strict", "--follow-imports=silent", *described, folder=generated[0])


def test_it_lists_previews_reads_a_refusal_removes_and_restores(
    generated: tuple[Path, Production],
) -> None:
    removal_id = printed("one.py", *generated)

    assert Removal.objects.get(membership__user=LEAVER_ID).pk == removal_id.strip()


def test_it_registers_previews_removes_by_type_and_reads_who_has_what(
    generated: tuple[Path, Production],
) -> None:
    assert sorted(printed("by_type.py", *generated).splitlines()) == WHO_HAS_WHAT


def test_it_makes_a_step_removes_what_the_preview_said_and_closes_a_task(
    generated: tuple[Path, Production],
) -> None:
    code, task_id = printed("hand_over.py", *generated).split()

    assert code == "TASK_CANCELLED"
    assert OffboardingTask.objects.get(pk=task_id).note == "It is lost."
