"""The settings are safe by default, and name what is missing or wrong."""

from ast import literal_eval
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from tests.processes import running

PRODUCTION = {
    "SECRET_KEY": "k7Zp-93hF_kd8sQzLw2yXv5tBn1mRc6gUe4jAo0iHqPlTfGxYbNdVsWr",
    "ALLOWED_HOSTS": "offboard.example",
    "DATABASE_URL": "postgres://offboard:s3cret@127.0.0.1:1/offboard",
}


@pytest.mark.parametrize("missing", PRODUCTION)
def test_without_debug_it_demands_what_it_needs(missing: str) -> None:
    environment = {name: value for name, value in PRODUCTION.items() if name != missing}

    with running("manage.py", "check", environment=environment) as program:
        program.until(f"Set the {missing} environment variable")
        assert program.process.wait(timeout=30) != 0
        assert "Traceback" not in program.output


DOLLAR = f"${PRODUCTION['SECRET_KEY']}"
TIMEOUT = "-c lock_timeout=5s"

# What shows how a setting was taken.
RATE = "settings.REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']['token']"
CACHE = "settings.CACHES['default']['LOCATION']"
OPTIONS = "connection.get_connection_params()['options']"
HSTS = (
    "Client().get('/', secure=True, headers={'host': 'offboard.example'})"
    "['Strict-Transport-Security']"
)

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
def test_a_database_that_is_away_is_told_in_one_line_without_its_password(
    command: tuple[str, ...],
) -> None:
    with running("manage.py", *command, environment=PRODUCTION) as program:
        program.until("^The database failed: connection failed.*refused")
        assert program.process.wait(timeout=30) == 1

    assert len(program.output.strip().splitlines()) == 1
    assert "s3cret" not in program.output


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
    "given",
    [
        {
            "SECRET_KEY": (DOLLAR, "settings.SECRET_KEY", DOLLAR),
            "WEBHOOK_KEY": (DOLLAR, "settings.WEBHOOK_KEY", DOLLAR),
            "RATE_PER_TOKEN": ("", RATE, None),
            "RESTORE_WINDOW_DAYS": ("0", "settings.RESTORE_WINDOW_DAYS", 0),
            "EMAIL_URL": ("", "settings.SENDS_MAIL", False),
            "EMAIL_FROM": ("", "settings.DEFAULT_FROM_EMAIL", "no-reply@offboard.example"),
            "CACHE_URL": ("rediscache://h:6379/0", CACHE, "redis://h:6379/0"),
            "PGOPTIONS": (TIMEOUT, OPTIONS, f"-c plan_cache_mode=force_generic_plan {TIMEOUT}"),
            "SECURE_HSTS_PRELOAD": ("", HSTS, "max-age=31536000"),
        },
        {
            "RATE_PER_TOKEN": ("5/hour", RATE, "5/hour"),
            "EMAIL_URL": ("smtp+tls://mail.example:587", "settings.EMAIL_HOST", "mail.example"),
            "DATABASE_URL": (
                f"{PRODUCTION['DATABASE_URL']}?options={quote(TIMEOUT)}",
                OPTIONS,
                f"-c plan_cache_mode=force_generic_plan {TIMEOUT}",
            ),
            "SECURE_HSTS_INCLUDE_SUBDOMAINS": ("true", "settings.SECURE_SSL_REDIRECT", True),
            "SECURE_HSTS_PRELOAD": ("true", HSTS, "max-age=31536000; includeSubDomains; preload"),
        },
        {"SECURE_SSL_REDIRECT": ("Off", "settings.SECURE_SSL_REDIRECT", False)},
        {"DEBUG": ("true", "settings.EMAIL_BACKEND.split('.')[-2]", "console")},
    ],
    ids=["empty and small", "chosen", "without TLS", "debug"],
)
def test_what_can_work_is_taken(given: dict[str, tuple[str, str, str | int | None]]) -> None:
    environment = {"PGBOUNCER": "false"} | {name: text for name, (text, _, _) in given.items()}
    expressions = ", ".join(expression for _, expression, _ in given.values())
    show = (
        "from django.conf import settings; from django.db import connection;"
        f" from django.test import Client; print('is', [{expressions}], 'end')"
    )

    with running("manage.py", "shell", "-c", show, environment=PRODUCTION | environment) as shell:
        values = literal_eval(shell.until("is (.*) end")[1])

    assert dict(zip(given, values, strict=True)) == {
        name: want for name, (_, _, want) in given.items()
    }


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
