"""The programs and requests of the READMEs do on the demo what they say."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.embedded_postgres.server import Server
from tests.demo.serving import HERE, LEAVER, Demo, curls, serving_demo
from tests.processes import ROOT, free_port, running


def program_shown(page: str, begin: str) -> str:
    """Return the Python program of a page that begins so."""
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = re.search(rf"```python\n({begin}.*?)```", text, re.DOTALL)
    assert shown
    return shown[1]


def run_here(program: str, demo: Demo) -> None:
    """Run a program of the README in this process, against the demo."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACCESS_TOKEN", demo.token)
        exec(program.replace("127.0.0.1:8000", demo.address), names)  # noqa: S102 (our own text)
    names["client"].close()


@pytest.fixture(scope="module")
def served(shared_server: Server) -> Iterator[Demo]:
    with serving_demo(shared_server) as demo:
        yield demo


@pytest.fixture
def demo(served: Demo) -> Iterator[Demo]:
    """A demo whose leaver is there, and is restored after the test."""
    yield served
    served.ask("POST", f"{LEAVER}/restore", {"confirm": True})


def test_the_readmes_client_finds_previews_and_removes(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    run_here(program_shown("README.md", "import httpx, os\n\nhere = "), demo)

    assert "'resource_count': 12" in capsys.readouterr().out
    assert demo.ask("GET", LEAVER).status_code == 404


def test_the_readmes_requests_remove_all_to_a_department_or_by_type() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    plain, by_type, *_ = [
        json.loads(body)
        for body in re.findall(r"curl -i -X DELETE (?:.*\n)+?\s+-d '(\{[^']*\})'", readme)
    ]
    assert plain == {"confirm": True, "transfer_resources_to_department_id": "dept_eng001"}
    assert by_type == {**plain, "transfer_resources_by_type": {"repository": "usr_member1"}}


def test_the_readmes_sync_registers_what_somebody_owns_and_changes_nothing_twice(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    program = program_shown("README.md", "import httpx, os\n\nresources = ")

    for _ in range(2):
        run_here(program, demo)

    assert capsys.readouterr().out == "web 200\nmobile 201\nweb 200\nmobile 200\n"


def test_who_follows_the_readme_registers_previews_and_reads_back_who_has_what(demo: Demo) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").split("### Resources\n")[1]
    assert f"here='http://127.0.0.1:8000{HERE}'" in readme
    register, listed, preview, removals, moves = [
        (method, path.replace("$here", HERE), body)
        for method, path, body in curls(readme.split("### ")[0])
    ]

    assert demo.ask(*register).status_code == 201
    assert len(demo.ask(*listed).json()["items"]) == 13
    assert demo.ask(*preview).json()["resources"] == [
        {"type": "document", "count": 7},
        {"type": "invoice-approval", "count": 1},
        {"type": "repository", "count": 5},
    ]
    confirmed = {"confirm": True, "transfer_resources_by_type": {"repository": "usr_member1"}}
    assert demo.ask("DELETE", LEAVER, confirmed).status_code == 204
    record = demo.ask(*removals).json()["items"][0]
    method, path, _ = moves
    moved = demo.ask(method, path.replace("rem_…", record["id"])).json()["items"]
    assert {
        (each["external_id"], each["transferred_to_user_id"], each["now"]) for each in moved
    } == {(key, "usr_member1", "there") for key in ("acme/billing", "web", "api", "infra", "docs")}
    assert demo.ask("DELETE", register[1]).status_code == 204  # as the other tests find it


def test_the_readmes_follower_sees_a_removal(demo: Demo, tmp_path: Path) -> None:
    shown = program_shown("organizations/events/README.md", "import httpx, os, time\n")
    program = tmp_path / "follower.py"
    program.write_text(shown.replace("127.0.0.1:8000", demo.address))
    with running(str(program), environment={"ACCESS_TOKEN": demo.token}) as follower:
        assert demo.ask("DELETE", LEAVER, {"confirm": True}).status_code == 204
        removal_id = demo.ask("GET", LEAVER).json()["error"]["details"]["removal_id"]

        follower.until(rf"evt_\w+ member.removed usr_abc123 {{'removal_id': '{removal_id}'}}")


def test_the_readmes_receiver_hears_of_a_removal_and_closes_its_task(
    migrated_server: Server, tmp_path: Path
) -> None:
    shown = program_shown("organizations/events/README.md", "import os\n")
    port = free_port()
    program = tmp_path / "receiver.py"
    with serving_demo(migrated_server) as demo:
        delete, *_, (method, path, body), tasks = demo.calls()
        program.write_text(shown.replace("9000", str(port)).replace("127.0.0.1:8000", demo.address))
        body["url"] = body["url"].replace("9000", str(port))
        endpoint = demo.ask(method, path, body)
        assert endpoint.status_code == 201
        own_token = demo.program.until(r"PROGRAM_TOKEN=(\S+)")[1]
        environment = {"WEBHOOK_SECRET": endpoint.json()["secret"], "PROGRAM_TOKEN": own_token}
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
            imported = demo.ask("POST", f"{HERE}/resources/import", {"resources": more})
            assert imported.status_code == 200
            removed_at = time.monotonic()
            assert demo.ask(*delete).status_code == 204

            receiver.until(r"evt_\w+ {'type': 'member.removed', .*'user_id': 'usr_abc123'")
            receiver.until(r"evt_\w+ {'type': 'task.closed', .*'key': 'repositories'")
            assert time.monotonic() - removed_at < 30, "only the next minute's work told it"
            listed = demo.ask(*tasks).json()["items"]
            states = {each["key"]: (each["state"], each["count"]) for each in listed}
            is_open = ("open", None)
            assert states == {"laptop": is_open, "payroll": is_open, "repositories": ("done", 114)}
            forged = httpx.post(
                f"http://127.0.0.1:{port}/", content=b"{}", headers={"webhook-id": "evt_1"}
            )
            assert forged.status_code == 400
            receiver.until("Refused: the signature is wrong")
