"""The settings are safe by default, and say what they miss."""

from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from tests.processes import running

PRODUCTION = {
    "SECRET_KEY": "k7Zp-93hF_kd8sQzLw2yXv5tBn1mRc6gUe4jAo0iHqPlTfGxYbNdVsWr",
    "ALLOWED_HOSTS": "offboard.example",
    "DATABASE_URL": "postgres://offboard@127.0.0.1:1/offboard",
}


@pytest.mark.parametrize("missing", PRODUCTION)
def test_without_debug_it_demands_what_it_needs(missing: str) -> None:
    environment = {name: value for name, value in PRODUCTION.items() if name != missing}

    with running("manage.py", "check", environment=environment) as program:
        program.until(f"Set the {missing} environment variable")
        assert program.process.wait(timeout=30) != 0
        assert "Traceback" not in program.output


DOLLAR = f"${PRODUCTION['SECRET_KEY']}"

UNUSABLE = {
    "RATE_PER_TOKEN": "lots",
    "RATE_OF_LOGINS": "0/hour",
    "DATABASE_URL": "foo://offboard:s3cret@host/offboard",
    "BEHIND_TLS_PROXY": "ja",
    "RESTORE_WINDOW_DAYS": "-3",
    "CACHE_URL": "redis:/x",
    "EMAIL_URL": "mail.acme.example",
    "NUM_PROXIES": "x",
}
PROCESSES = {
    "server": ("-m", "gunicorn", "-c", "python:config.server", "--bind", "127.0.0.1:0"),
    "worker": ("manage.py", "procrastinate", "worker"),
    "check": ("manage.py", "check"),
}


@pytest.mark.parametrize(
    ("name", "process"),
    [*((name, "check") for name in UNUSABLE), ("NUM_PROXIES", "server"), ("CACHE_URL", "worker")],
)
def test_what_cannot_work_is_refused_at_the_start_in_one_line(name: str, process: str) -> None:
    environment = PRODUCTION | {name: UNUSABLE[name]}

    with running(*PROCESSES[process], environment=environment) as program:
        program.until(f"The setting {name} .* Example: {name}=")
        assert program.process.wait(timeout=30) == 1

    assert len(program.output.strip().splitlines()) == 1
    assert "s3cret" not in program.output


@pytest.mark.parametrize(
    "command",
    [
        ("migrate",),
        ("create_token", "olivia@acme.example"),
        ("create_organization", "Acme", "--owner", "olivia@acme.example"),
    ],
    ids=lambda command: command[0],
)
def test_a_database_that_is_away_is_told_in_one_line(command: tuple[str, ...]) -> None:
    with running("manage.py", *command, environment=PRODUCTION) as program:
        program.until("^The database failed: .*refused")
        assert program.process.wait(timeout=30) == 1

    assert len(program.output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "named", "process"),
    [
        ({"BEHIND_TLS_PROXY": "true"}, "NUM_PROXIES", "server"),
        ({"NUM_PROXIES": "1"}, "BEHIND_TLS_PROXY", "worker"),
        ({"OIDC_CLIENT_ID": "offboard"}, "OIDC_ISSUER", "check"),
    ],
)
def test_settings_that_belong_together_agree_or_nothing_starts(
    given: dict[str, str], named: str, process: str
) -> None:
    with running(*PROCESSES[process], environment=PRODUCTION | given) as program:
        program.until(f"The setting {named} .* Example: {named}=")
        assert program.process.wait(timeout=30) == 1


@pytest.mark.parametrize(
    ("name", "value", "setting", "expected"),
    [
        *((name, DOLLAR, name, DOLLAR) for name in ("SECRET_KEY", "WEBHOOK_KEY")),
        ("RATE_PER_TOKEN", "", "REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']['token']", "None"),
        ("RATE_PER_TOKEN", "5/hour", "REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']['token']", "5/hour"),
        ("RESTORE_WINDOW_DAYS", "0", "RESTORE_WINDOW_DAYS", "0"),
        ("EMAIL_URL", "", "SENDS_MAIL", "False"),
        ("DEBUG", "true", "EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend"),
        ("EMAIL_URL", "smtp+tls://mail.example:587", "EMAIL_HOST", "mail.example"),
        ("EMAIL_FROM", "", "DEFAULT_FROM_EMAIL", "no-reply@offboard.example"),
        ("CACHE_URL", "rediscache://h:6379/0", "CACHES['default']['LOCATION']", "redis://h:6379/0"),
        ("SECURE_SSL_REDIRECT", "Off", "SECURE_SSL_REDIRECT", "False"),
    ],
)
def test_what_can_work_is_taken(name: str, value: str, setting: str, expected: str) -> None:
    show = f"from django.conf import settings; print('is', settings.{setting})"

    with running("manage.py", "shell", "-c", show, environment=PRODUCTION | {name: value}) as shell:
        assert shell.until(r"is (\S+)")[1] == expected


def test_the_deployment_check_is_silent(tmp_path: Path) -> None:
    (tmp_path / "staticfiles.json").write_text("{}")
    with running(
        *("manage.py", "check", "--deploy", "--fail-level", "INFO"),
        environment=PRODUCTION
        | {"WEBHOOK_KEY": PRODUCTION["SECRET_KEY"][::-1], "EMAIL_URL": "smtp://localhost"}
        | {"STATIC_ROOT": str(tmp_path)},
    ) as program:
        program.until("no issues")
        assert program.process.wait(timeout=30) == 0


@pytest.mark.parametrize("where", ["PGOPTIONS", "DATABASE_URL"])
def test_what_an_operator_sets_for_a_connection_is_kept(where: str) -> None:
    environment = PRODUCTION | {"PGBOUNCER": "false"}
    if where == "PGOPTIONS":
        environment["PGOPTIONS"] = "-c lock_timeout=5s"
    else:
        environment["DATABASE_URL"] += "?options=-c%20lock_timeout%3D5s"
    show = "from django.db import connection; print(connection.get_connection_params()['options'])"

    with running("manage.py", "shell", "-c", show, environment=environment) as program:
        program.until("-c plan_cache_mode=force_generic_plan -c lock_timeout=5s")


@pytest.mark.parametrize(
    ("chosen", "header"),
    [
        ({}, "max-age=31536000"),
        (
            {"SECURE_HSTS_INCLUDE_SUBDOMAINS": "true", "SECURE_HSTS_PRELOAD": "true"},
            "max-age=31536000; includeSubDomains; preload",
        ),
    ],
)
def test_hsts_is_for_this_name_alone_unless_more_is_chosen(
    chosen: dict[str, str], header: str
) -> None:
    show = (
        "from django.test import Client;"
        "print(repr(Client().get('/', secure=True, headers={'host': 'offboard.example'})"
        "['Strict-Transport-Security']))"
    )

    with running("manage.py", "shell", "-c", show, environment=PRODUCTION | chosen) as program:
        program.until(f"'{header}'")


@pytest.mark.django_db
def test_of_several_hosts_the_one_that_can_be_written_is_used() -> None:
    server = connection.get_connection_params()
    password = f":{quote(server['password'])}" if server.get("password") else ""
    hosts = f"127.0.0.1:1,{quote(server['host'], safe='')}:{server.get('port') or 5432}"
    url = f"postgres://{quote(server['user'])}{password}@{hosts}/{server['dbname']}"
    environment = PRODUCTION | {"DATABASE_URL": f"{url}?target_session_attrs=read-write"}
    show = (
        "from django.db import connection as used;"
        "used.ensure_connection(); print('host', used.connection.info.host, 'end')"
    )

    with running("manage.py", "shell", "-c", show, environment=environment) as program:
        assert program.until("host (.*) end")[1] == server["host"]
