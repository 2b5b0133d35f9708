"""manage.py create_organization."""

import shlex
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from organizations.domains.service import domains_of, set_domains
from organizations.models import DepartmentMembership, Event, Organization, Source
from tests.factories import OrganizationFactory, UserFactory
from users.models import AccessToken, User

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[dict[str, str], str]:
    """Run the command; return the variables that it exports, and what it says besides."""
    output, errors = StringIO(), StringIO()
    call_command("create_organization", *arguments, stdout=output, stderr=errors)
    lines = [line.removeprefix("export ").split("=") for line in output.getvalue().splitlines()]
    return dict(lines), errors.getvalue()


def test_it_makes_the_organization_its_roles_and_its_owner_with_an_account() -> None:
    printed, _ = run("Acme", "--owner", "Olivia@Acme.example", "--full-name", "Olivia Owner")

    organization = Organization.objects.get()
    owner = User.objects.get()
    member = organization.memberships.get()
    assert (owner.email, owner.full_name) == ("olivia@acme.example", "Olivia Owner")
    assert not owner.has_usable_password()
    assert (organization.name, member.user) == ("Acme", owner)
    assert member.role_assignments.get().role.is_owner
    roles = {f"{role.name.upper()}_ROLE": role.pk for role in organization.roles.all()}
    assert printed == {"ORGANIZATION": organization.pk, "OWNER": owner.pk, **roles}
    assert len(roles) == 3


def test_it_prints_the_next_lines_to_type_and_they_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("members.csv").write_text("email,departments\nlea@acme.example,Sales\n", encoding="utf-8")

    printed, said = run("Acme", "--owner", "olivia@acme.example")

    assert said.startswith("Created Acme, owned by olivia@acme.example. Next, its members, from")
    members, token = [shlex.split(line) for line in said.splitlines() if line.startswith("  ")]
    output = StringIO()
    assert members[:2] == token[:2] == [sys.executable, sys.argv[0]]
    call_command(*members[2:], "--no-input", stdout=output, stderr=output)
    lea = DepartmentMembership.objects.get(department__name="Sales").user
    assert (lea.email, printed["ORGANIZATION"]) == ("lea@acme.example", members[3])
    call_command(*token[2:], stdout=output, stderr=output)
    assert AccessToken.objects.get().user_id == printed["OWNER"]


def test_the_owner_is_added_as_everybody_is_with_an_event() -> None:
    printed, _ = run("Acme", "--owner", "olivia@acme.example")

    event = Event.objects.get()
    assert (event.type, event.source, event.actor) == ("member.added", Source.COMMAND, None)
    assert event.user_id == printed["OWNER"]
    assert event.data == {"role_ids": [printed["OWNER_ROLE"]], "department_ids": []}


def test_an_account_that_is_there_becomes_the_owner_and_stays_as_it_is() -> None:
    olivia = UserFactory.create(email="olivia@acme.example", full_name="Olivia")

    printed, _ = run("Acme", "--owner", "olivia@acme.example", "--full-name", "Somebody")

    assert printed["OWNER"] == olivia.pk
    olivia.refresh_from_db()
    assert olivia.full_name == "Olivia"


def test_domains_are_set() -> None:
    printed, _ = run(
        *("Acme", "--owner", "olivia@acme.example"),
        *("--domain", "Acme.example", "--domain", "acme.test"),
    )

    assert domains_of(printed["ORGANIZATION"]) == ["acme.example", "acme.test"]


def test_an_organization_of_the_same_name_is_pointed_out() -> None:
    other = OrganizationFactory.create(name="Acme")

    _, said = run("Acme", "--owner", "olivia@acme.example")

    assert said.startswith(f"There is another organization of this name: {other.pk}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((" ", "--owner", "a@b.example"), "^name: This field cannot be blank"),
        (("x" * 201, "--owner", "a@b.example"), "at most 200 characters"),
        (("Acme", "--owner", "nobody"), "valid email address"),
        (("Acme", "--owner", "usr_1@erased.invalid"), "Erased accounts alone"),
        (
            ("Acme", "--owner", "a@b.example", "--full-name", "x" * 201),
            "^full_name: .* 200 characters",
        ),
        (("Acme", "--owner", "a@b.example", "--domain", "gmail.com"), "“gmail.com”"),
    ],
    ids=["no-name", "long-name", "no-address", "erased", "long-full-name", "public-provider"],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(
    arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)

    assert not Organization.objects.exists()
    assert not User.objects.exists()


def test_a_disabled_account_owns_nothing() -> None:
    UserFactory.create(email="olivia@acme.example", is_active=False)

    with pytest.raises(CommandError, match="is disabled"):
        run("Acme", "--owner", "olivia@acme.example")

    assert not Organization.objects.exists()


def test_a_domain_of_another_organization_takes_shared() -> None:
    set_domains(OrganizationFactory.create().pk, ["acme.example"])
    arguments = ("Acme", "--owner", "olivia@acme.example", "--domain", "acme.example")

    with pytest.raises(CommandError, match="add --shared"):
        run(*arguments)

    assert domains_of(run(*arguments, "--shared")[0]["ORGANIZATION"]) == ["acme.example"]
