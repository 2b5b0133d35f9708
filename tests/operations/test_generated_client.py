"""A client that is generated from the description does the work, and its types hold."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from organizations.models import Removal
from organizations.sample import LEAVER_ID, OWNER, restore_sample
from tests.production import serving, token_of
from users.models import User

# As a user of the generated client writes it: each step is one call.
PROGRAM = """
import sys

from offboard_client import AuthenticatedClient
from offboard_client.api.audit_log import export_events
from offboard_client.api.departments import list_departments
from offboard_client.api.removals import get_removal
from offboard_client.api.users import (
    get_user,
    list_users,
    preview_removal,
    remove_user,
    restore_user,
)
from offboard_client.models import (
    ErrorResponse,
    PaginatedUserList,
    Removal,
    RemovalPreview,
    RemovalRequest,
    Restoration,
    RestorationRequest,
)

ACME = "org_xyz789"
client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])

found = list_users.sync(ACME, client=client, search="lea")
assert isinstance(found, PaginatedUserList)
[leaver] = found.items
following = list_users.sync(ACME, client=client, limit=1, after=leaver.id)
assert isinstance(following, PaginatedUserList)
assert following.items[0].id > leaver.id

preview = preview_removal.sync(ACME, leaver.id, client=client)
assert isinstance(preview, RemovalPreview)
assert preview.can_be_removed

unconfirmed = remove_user.sync(ACME, leaver.id, client=client, body=RemovalRequest())
assert isinstance(unconfirmed, ErrorResponse)
assert (unconfirmed.error.status, unconfirmed.error.code) == (422, "CONFIRMATION_REQUIRED")

departments = list_departments.sync(ACME, client=client)
assert isinstance(departments, list)
order = RemovalRequest(
    confirm=True, transfer_resources_to_department_id=departments[0].id, reason="Left"
)
done = remove_user.sync_detailed(ACME, leaver.id, client=client, body=order)
assert done.status_code == 204

absent = get_user.sync(ACME, leaver.id, client=client)
assert isinstance(absent, ErrorResponse)
removal_id = absent.error.details["removal_id"]
removal = get_removal.sync(ACME, removal_id, client=client)
assert isinstance(removal, Removal)
assert removal.transferred_to_department_id == departments[0].id

restoration = restore_user.sync(
    ACME, leaver.id, client=client, body=RestorationRequest(confirm=True)
)
assert isinstance(restoration, Restoration)
assert restoration.user.id == leaver.id

log = export_events.sync(ACME, client=client, user_id=leaver.id)
assert isinstance(log, str)
assert "member.removed" in log
assert "member.restored" in log

print(removal_id)
"""


def run(*command: str | Path, folder: Path) -> str:
    """Return what a tool of the development environment prints; raises AssertionError."""
    scripts = Path(sys.executable).parent
    finished = subprocess.run(  # noqa: S603 (our own tools)
        [scripts / command[0], *command[1:]],
        cwd=folder,
        env=os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.mark.django_db(transaction=True)
def test_it_lists_previews_reads_a_refusal_removes_and_restores(tmp_path: Path) -> None:
    restore_sample()
    token = token_of(User.objects.get(pk=OWNER.id))
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    with serving() as server:
        address = f"http://127.0.0.1:{server.port}"
        generated = run(
            *("openapi-python-client", "generate", "--url", f"{address}/v1/openapi.json"),
            *("--meta", "none", "--output-path", "offboard_client"),
            folder=tmp_path,
        )
        assert "Warning" not in generated
        # What the description makes of it; the generator's own client.py is not strict.
        described = ("offboard_client/api", "offboard_client/models", program)
        run("mypy", "--strict", "--follow-imports=silent", *described, folder=tmp_path)

        printed = run("python", program, address, token, folder=tmp_path)

    assert Removal.objects.get(membership__user=LEAVER_ID).pk == printed.strip()
