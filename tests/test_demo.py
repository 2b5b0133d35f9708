"""The first look: one command, the reference's own request, and what the admin shows of it."""

import http.client
import json
import re
import shlex
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from config.embedded_postgres.server import Server
from tests.processes import ROOT, Program, free_port, running


class Browser:
    """As much of one as the admin's login takes."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies: dict[str, str] = {}

    def get(self, path: str, data: str | None = None) -> str:
        connection = http.client.HTTPConnection(self.address, timeout=30)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request("POST" if data is not None else "GET", path, data, headers)
        response = connection.getresponse()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        page = response.read().decode()
        connection.close()
        location = response.headers.get("Location")
        return self.get(location) if location else page


def answer(address: str, token: str, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    response = connection.getresponse()
    answered = response.status, response.read()
    connection.close()
    return answered


def started(demo: Program) -> tuple[str, str]:
    """Return the demo's address and its token, once it serves."""
    token = demo.until(r"export ACCESS_TOKEN=(\S+)")[1]
    address = demo.until(r"Starting development server at http://(\S+)/")[1]
    return address, token


def calls(demo: Program, address: str) -> list[tuple[str, str, Any]]:
    """Return what the page of what to try sends: method, path and body of each curl."""
    demo.until("Stop with Ctrl-C")
    return [
        (method, url.removeprefix(f"http://{address}"), body)
        for method, url, body in curls(demo.output)
    ]


def curls(text: str) -> list[tuple[str, str, Any]]:
    """Return method, URL and body of each curl in a text."""
    found = []
    for command in re.findall(r"^curl (?:.*\\\n)*.*", text, re.MULTILINE):
        words = shlex.split(command.replace("\\\n", " "))
        [url] = [word for word in words if word.startswith(("http", "$here"))]
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
        found.append((method, url, body))
    return found


def settings(server: Server) -> dict[str, str]:
    """Return an environment in which the demo has a database of its own."""
    return {"HOME": str(server.folder), "EMBEDDED_POSTGRES": str(server.folder)}


def served(server: Server) -> AbstractContextManager[Program]:
    """Run the demo on a free port."""
    return running("manage.py", "demo", str(free_port()), environment=settings(server))


@pytest.fixture(scope="module")
def migrated() -> Iterator[Path]:
    """The folder of an embedded server that has the tables already, which takes half of a start."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "postgres"
        environment = {"DEBUG": "true", "EMBEDDED_POSTGRES": str(folder)}
        with running("manage.py", "migrate", environment=environment) as program:
            assert program.process.wait(120) == 0
        yield folder


@pytest.fixture
def migrated_server(server: Server, migrated: Path) -> Server:
    """A server of the test's own that has the tables already."""
    subprocess.run(["cp", "-a", migrated, server.folder], check=True)  # noqa: S603, S607
    return server


def test_the_demo_shows_a_removal_by_type_and_is_restored_when_run_again(
    server: Server,
) -> None:
    user = "/v1/organizations/org_xyz789/users/usr_abc123"
    removals = "/v1/organizations/org_xyz789/removals"
    confirmed = {
        "confirm": True,
        "transfer_resources_by_type": {"repository": "usr_member1"},
        "transfer_resources_to_department_id": "dept_eng001",
    }

    port = str(free_port())
    with running("manage.py", "demo", port, environment=settings(server)) as demo:
        address, token = started(demo)
        delete, *others = calls(demo, address)
        assert delete == ("DELETE", user, confirmed)

        assert answer(address, token, "DELETE", user, {})[0] == 422
        assert answer(address, token, "DELETE", user, confirmed) == (204, b"")
        assert answer(address, token, "DELETE", user, confirmed)[0] == 404

        [record] = json.loads(answer(address, token, "GET", f"{removals}?user_id=usr_abc123")[1])[
            "items"
        ]
        assert {
            each["type"]: (
                each["count"],
                each["transferred_to_user_id"] or each["transferred_to_department_id"],
            )
            for each in record["resources"]
        } == {
            "document": (7, "dept_eng001"),
            "invoice-approval": (1, "dept_eng001"),
            "repository": (4, "usr_member1"),
        }

        restore, deactivate, as_entra_id, listed, hear, tasks = others
        status, restored = answer(address, token, *restore)
        assert (status, json.loads(restored)["restored"]["resource_count"]) == (200, 12)
        status, deactivated = answer(address, token, *deactivate)
        assert (status, json.loads(deactivated)["account_state"]) == (200, "deactivated")
        assert answer(address, token, "POST", f"{user}/reactivate", {})[0] == 200
        directory_token = demo.until(r"export SCIM_TOKEN=(\S+)")[1]
        status, shown_to_it = answer(address, directory_token, *as_entra_id)
        assert (status, json.loads(shown_to_it)["active"]) == (200, False)
        status, users = answer(address, token, *listed)
        states = {each["id"]: each["account_state"] for each in json.loads(users)["items"]}
        assert (status, states["usr_abc123"], states["usr_owner01"]) == (
            200,
            "deactivated",
            "active",
        )

        status, endpoint = answer(address, token, *hear)
        assert (status, json.loads(endpoint)["url"]) == (201, "http://127.0.0.1:9000/")
        status, opened = answer(address, token, *tasks)
        states = {each["key"]: each["state"] for each in json.loads(opened)["items"]}
        assert states == dict.fromkeys(("laptop", "payroll", "repositories"), "cancelled")

        password = demo.until(r"with the password\s+(\S+)")[1]
        browser = Browser(address)
        form = browser.get("/admin/login/?next=/admin/organizations/removal/")
        [csrf] = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form))
        shown = browser.get(
            "/admin/login/?next=/admin/organizations/removal/",
            f"username=staff%40acme.example&password={password}&csrfmiddlewaretoken={csrf}",
        )
        assert "Lea Leaver" in shown
        assert "Engineering" in shown
        assert "Finn Former" in shown
        for state, name in (("deactivated", "Dana Deactivated"), ("former", "Finn Former")):
            members = browser.get(f"/admin/organizations/membership/?state={state}")
            assert name in members
        assert "https://" not in answer(address, token, "GET", "/v1/docs")[1].decode()

    with running("manage.py", "demo", port, environment=settings(server)) as demo:
        address, token = started(demo)
        preview = json.loads(answer(address, token, "GET", f"{user}/removal-preview")[1])
        assert (len(preview["roles"]), len(preview["departments"])) == (2, 3)
        assert preview["resource_count"] == 12
        endpoints = "/v1/organizations/org_xyz789/webhook-endpoints"
        assert answer(address, token, "GET", endpoints) == (200, b"[]")
        assert answer(address, token, "DELETE", user, confirmed) == (204, b"")


def test_a_demo_that_is_told_to_stop_ends_its_worker_and_its_database_too(
    migrated_server: Server,
) -> None:
    with served(migrated_server) as demo:
        started(demo)
        demo.until("Launching a worker on all queues")
        demo.process.terminate()

        assert demo.process.wait(60) == 0
        with pytest.raises(AssertionError):  # nobody has its output open any more
            demo.until("(?!)")
        assert not (migrated_server.data / "postmaster.pid").exists()


def test_on_a_port_that_is_taken_nothing_is_touched(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        environment = {"EMBEDDED_POSTGRES": str(tmp_path / "postgres")}
        with running("manage.py", "demo", port, environment=environment) as demo:
            demo.until(f"Nothing can be served at {port}: Address already in use.* demo 8001")
            assert demo.process.wait(timeout=30) == 1

    assert not (tmp_path / "postgres" / "data").exists()


@pytest.mark.parametrize(
    "address", ["0.0.0.0:8000", "0:8000", "[::]:8000", "192.0.2.1:8000", "example.com:8000"]
)
def test_the_demo_is_served_to_no_other_machine_without_a_word(
    address: str, tmp_path: Path
) -> None:
    environment = {"EMBEDDED_POSTGRES": str(tmp_path / "postgres")}

    with running("manage.py", "demo", address, environment=environment) as demo:
        demo.until("--open-to-the-network")
        assert demo.process.wait(timeout=30) == 1
    assert not (tmp_path / "postgres" / "data").exists()


def test_a_first_look_has_a_random_key_of_its_folder(tmp_path: Path) -> None:
    def key_of(folder: Path) -> str:
        show = "from django.conf import settings; print(f'<{settings.SECRET_KEY}>')"
        environment = {"DEBUG": "true", "EMBEDDED_POSTGRES": str(folder)}
        with running("manage.py", "shell", "-c", show, environment=environment) as program:
            return program.until("<(.+)>")[1]

    first, again, other = (key_of(tmp_path / name) for name in ("a", "a", "b"))

    assert first == again != other
    assert len(first) >= 50
    assert [each.name for each in (tmp_path / "a").iterdir()] == ["secret.key"]
    assert stat.S_IMODE((tmp_path / "a" / "secret.key").stat().st_mode) == 0o600


def test_the_demo_leaves_a_server_alone_unless_it_is_forced() -> None:
    environment = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}

    with running("manage.py", "demo", environment=environment) as demo:
        demo.until("--force")
        assert demo.process.wait(timeout=30) == 1


def test_the_demo_says_what_to_do_about_a_database_that_cannot_be_used(server: Server) -> None:
    server.start()
    server.leave()
    (server.data / "PG_VERSION").write_text("17\n")

    with running("manage.py", "demo", environment=settings(server)) as demo:
        demo.until("CommandError: The embedded PostgreSQL does not start")
        demo.until(f"Remove the folder {server.folder}")
        assert demo.process.wait(timeout=30) == 1


def test_the_readmes_client_finds_previews_and_removes(
    migrated_server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    assert shown
    with served(migrated_server) as demo:
        address, token = started(demo)
        monkeypatch.setenv("ACCESS_TOKEN", token)

        names: dict[str, Any] = {}
        exec(shown[1].replace("127.0.0.1:8000", address), names)  # noqa: S102 (our own text)
        names["client"].close()

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
    migrated_server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```python\n(import httpx, os\n\nresources = .*?)```", readme, re.DOTALL)
    assert shown
    with served(migrated_server) as demo:
        address, token = started(demo)
        monkeypatch.setenv("ACCESS_TOKEN", token)

        for _ in range(2):
            names: dict[str, Any] = {}
            exec(shown[1].replace("127.0.0.1:8000", address), names)  # noqa: S102 (our own text)
            names["client"].close()

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
    readme = (ROOT / "organizations/events/README.md").read_text(encoding="utf-8")
    shown = re.search(r"```python\n(import httpx, os, time\n(?:(?!```).*\n)*)```", readme)
    assert shown
    program = tmp_path / "follower.py"
    user = "/v1/organizations/org_xyz789/users/usr_abc123"
    with served(migrated_server) as demo:
        address, token = started(demo)
        program.write_text(shown[1].replace("127.0.0.1:8000", address))
        with running(str(program), environment={"ACCESS_TOKEN": token}) as follower:
            assert answer(address, token, "DELETE", user, {"confirm": True})[0] == 204

            follower.until(r"evt_\w+ member.removed usr_abc123 {'removal_id': 'rem_\w+'}")


def test_the_readmes_receiver_hears_of_a_removal_and_closes_its_task(
    migrated_server: Server, tmp_path: Path
) -> None:
    readme = (ROOT / "organizations/events/README.md").read_text(encoding="utf-8")
    shown = re.search(r"```python\n(import os\n(?:(?!```).*\n)*)```", readme)
    assert shown
    port = free_port()
    program = tmp_path / "receiver.py"
    with served(migrated_server) as demo:
        address, token = started(demo)
        delete, *_, (method, path, body), tasks = calls(demo, address)
        program.write_text(shown[1].replace("9000", str(port)).replace("127.0.0.1:8000", address))
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
