"""The programs and requests of the READMEs do on the demo what they say."""

import http.client
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from config.embedded_postgres.server import Server
from tests.demo.serving import answer, calls, curls, served, started
from tests.processes import ROOT, free_port, running


def program_shown(page: str, begin: str) -> str:
    """Return the Python program of a page that begins so."""
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = re.search(rf"```python\n({begin}.*?)```", text, re.DOTALL)
    assert shown
    return shown[1]


def run_here(program: str, address: str, token: str) -> None:
    """Run a program of the README's in this process, on the demo at this address."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACCESS_TOKEN", token)
        exec(program.replace("127.0.0.1:8000", address), names)  # noqa: S102 (our own text)
    names["client"].close()


def test_the_readmes_client_finds_previews_and_removes(
    migrated_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    program = program_shown("README.md", "import httpx, os\n\nhere = ")
    with served(migrated_server) as demo:
        address, token = started(demo)

        run_here(program, address, token)

        assert "'resource_count': 12" in capsys.readouterr().out
        user = "/v1/organizations/org_xyz789/users/usr_abc123"
        assert answer(address, token, "GET", user)[0] == 404


def test_the_readmes_requests_remove_all_to_a_department_or_by_type() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    plain, by_type, *_ = [
        json.loads(body)
        for body in re.findall(r"curl -i -X DELETE (?:.*\n)+?\s+-d '(\{[^']*\})'", readme)
    ]
    assert plain == {"confirm": True, "transfer_resources_to_department_id": "dept_eng001"}
    assert by_type == {**plain, "transfer_resources_by_type": {"repository": "usr_member1"}}


def test_the_readmes_sync_registers_what_somebody_owns_and_changes_nothing_twice(
    migrated_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    program = program_shown("README.md", "import httpx, os\n\nresources = ")
    with served(migrated_server) as demo:
        address, token = started(demo)

        for _ in range(2):
            run_here(program, address, token)

    assert capsys.readouterr().out == "web 200\nmobile 201\nweb 200\nmobile 200\n"


def test_who_follows_the_readme_registers_previews_and_reads_back_who_has_what(
    migrated_server: Server,
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").split("### Resources\n")[1]
    user = "/v1/organizations/org_xyz789/users/usr_abc123"
    with served(migrated_server) as demo:
        address, token = started(demo)
        here = re.search(r"here='http://127.0.0.1:8000(.*)'", readme)
        assert here
        register, listed, preview, removals, moves = [
            (method, path.replace("$here", here[1]), body)
            for method, path, body in curls(readme.split("### ")[0])
        ]

        assert answer(address, token, *register)[0] == 201
        assert len(json.loads(answer(address, token, *listed)[1])["items"]) == 13
        assert json.loads(answer(address, token, *preview)[1])["resources"] == [
            {"type": "document", "count": 7},
            {"type": "invoice-approval", "count": 1},
            {"type": "repository", "count": 5},
        ]
        confirmed = {"confirm": True, "transfer_resources_by_type": {"repository": "usr_member1"}}
        assert answer(address, token, "DELETE", user, confirmed)[0] == 204
        record = json.loads(answer(address, token, *removals)[1])["items"][0]
        method, path, _ = moves
        read = answer(address, token, method, path.replace("rem_…", record["id"]))[1]
        assert {
            (each["external_id"], each["transferred_to_user_id"], each["now"])
            for each in json.loads(read)["items"]
        } == {
            (key, "usr_member1", "there") for key in ("acme/billing", "web", "api", "infra", "docs")
        }


def test_the_readmes_follower_sees_a_removal(migrated_server: Server, tmp_path: Path) -> None:
    shown = program_shown("organizations/events/README.md", "import httpx, os, time\n")
    program = tmp_path / "follower.py"
    user = "/v1/organizations/org_xyz789/users/usr_abc123"
    with served(migrated_server) as demo:
        address, token = started(demo)
        program.write_text(shown.replace("127.0.0.1:8000", address))
        with running(str(program), environment={"ACCESS_TOKEN": token}) as follower:
            assert answer(address, token, "DELETE", user, {"confirm": True})[0] == 204

            follower.until(r"evt_\w+ member.removed usr_abc123 {'removal_id': 'rem_\w+'}")


def test_the_readmes_receiver_hears_of_a_removal_and_closes_its_task(
    migrated_server: Server, tmp_path: Path
) -> None:
    shown = program_shown("organizations/events/README.md", "import os\n")
    port = free_port()
    program = tmp_path / "receiver.py"
    with served(migrated_server) as demo:
        address, token = started(demo)
        delete, *_, (method, path, body), tasks = calls(demo, address)
        program.write_text(shown.replace("9000", str(port)).replace("127.0.0.1:8000", address))
        body["url"] = body["url"].replace("9000", str(port))
        status, endpoint = answer(address, token, method, path, body)
        assert status == 201
        secret, own_token = json.loads(endpoint)["secret"], demo.until(r"PROGRAM_TOKEN=(\S+)")[1]
        environment = {"WEBHOOK_SECRET": secret, "PROGRAM_TOKEN": own_token}
        with running(str(program), environment=environment) as receiver:
            receiver.until("Waiting at")

            more = [
                {
                    "type": "repository",
                    "external_id": f"more-{number}",
                    "name": "One more",
                    "owner_user_id": "usr_abc123",
                }
                for number in range(110)  # and so more than one page
            ]
            resources = "/v1/organizations/org_xyz789/resources/import"
            assert answer(address, token, "POST", resources, {"resources": more})[0] == 200
            removed_at = time.monotonic()
            assert answer(address, token, *delete)[0] == 204

            receiver.until(r"evt_\w+ {'type': 'member.removed', .*'user_id': 'usr_abc123'")
            receiver.until(r"evt_\w+ {'type': 'task.closed', .*'key': 'repositories'")
            assert time.monotonic() - removed_at < 30, "it is not told by the next minute's work"
            listed = json.loads(answer(address, token, *tasks)[1])["items"]
            states = {each["key"]: (each["state"], each["count"]) for each in listed}
            is_open = ("open", None)
            assert states == {"laptop": is_open, "payroll": is_open, "repositories": ("done", 114)}
            forged = http.client.HTTPConnection(f"127.0.0.1:{port}", timeout=5)
            forged.request("POST", "/", b"{}", {"webhook-id": "evt_1"})
            assert forged.getresponse().status == 400
            forged.close()
            receiver.until("Refused: the signature is wrong")
