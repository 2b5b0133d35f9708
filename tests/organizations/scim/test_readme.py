"""The README's curls create, find, deactivate, reactivate, group and remove somebody."""

import re
import shlex
from io import StringIO
from itertools import pairwise
from string import Template
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import Client

from organizations.models import Department, Membership, Organization, Removal
from tests.processes import ROOT

README = ROOT / "organizations/scim/README.md"


@pytest.fixture
def variables(organization: Organization, owner: Membership) -> dict[str, str]:
    """What the command tells a shell to export."""
    out = StringIO()
    call_command(
        *("create_scim_connection", organization.pk, "--name", "Entra ID"),
        *("--domain", "acme.example"),
        stdout=out,
        stderr=StringIO(),
    )
    return dict(re.findall(r"^export (\w+)=(.*)$", out.getvalue(), re.MULTILINE))


def send(command: str, variables: dict[str, str]) -> Any:
    """Send what a curl would."""
    words = shlex.split(Template(command.replace("\\\n", " ")).substitute(variables))

    def option(name: str) -> str:
        return words[words.index(name) + 1] if name in words else ""

    [url] = [word for word in words if "://" in word]
    body, query = option("-d"), option("--data-urlencode").partition("=")[2]
    headers = dict(word.split(": ", 1) for before, word in pairwise(words) if before == "-H")
    return Client().generic(
        option("-X") or ("POST" if body else "GET"),
        urlsplit(url).path,
        body,
        content_type=headers.pop("Content-Type", "application/octet-stream"),
        headers=headers,
        query_params={"filter": query} if query else {},
    )


def test_its_curls_take_somebody_in_and_out(
    variables: dict[str, str], organization: Organization
) -> None:
    readme = README.read_text(encoding="utf-8")
    create, find, deactivate, reactivate, group, remove = re.findall(
        r"^curl (?:.*\\\n)*.*", readme, re.MULTILINE
    )

    created = send(create, variables)
    assert created.status_code == 201
    variables["USER_ID"] = created.json()["id"]
    [member] = Membership.objects.of(organization.pk, [variables["USER_ID"]])

    assert send(find, variables).json()["Resources"][0]["id"] == member.user_id

    for command, is_active in ((deactivate, False), (reactivate, True)):
        assert send(command, variables).status_code == 200
        member.refresh_from_db()
        assert member.is_active is is_active

    assert send(group, variables).status_code == 201
    department = Department.objects.get(name="Newcomers")
    assert [each.membership for each in department.memberships.all()] == [member]

    assert send(remove, variables).status_code == 204
    assert Removal.objects.get().membership == member
