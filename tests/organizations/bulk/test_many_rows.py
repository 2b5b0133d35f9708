"""The commands on twenty thousand rows, in bounded memory (a hundred thousand take 150 s)."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection

from organizations.models import Membership, Organization, Removal, Resource, Restoration
from tests.factories import DepartmentFactory, RoleFactory
from tests.organizations.bulk.command import csv_file, printed_id
from tests.organizations.bulk.process import outcomes, started
from users.models import User

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NUMBER = 20_000
BATCH = 1000  # rows in one transaction, unless the call says otherwise
ONE_BATCH = 40  # megabytes that one batch may take more than one row

# With DEBUG, Django remembers statements.
PRODUCTION = {"DEBUG": "false", "SECRET_KEY": "x" * 50, "ALLOWED_HOSTS": "offboard.example"}


def test_twenty_thousand_rows_are_removed_and_restored_in_bounded_memory(
    organization: Organization, owner: Membership, tmp_path: Path
) -> None:
    seed(organization)
    department = DepartmentFactory.create(organization=organization)
    emails = list(User.objects.filter(email__startswith="many").values_list("email", flat=True))
    first, some, rest = emails[:1], emails[1 : BATCH + 1], emails[BATCH + 1 :]
    removal = ("--transfer-to", department.pk, "--no-input", "--from-file")
    report = tmp_path / "report.csv"

    file = csv_file(tmp_path, "email", *first)
    one_row = measured("remove_members", organization.pk, *removal, file)
    file = csv_file(tmp_path, "email", *some)
    one_batch = measured("remove_members", organization.pk, *removal, file)
    # Each twice: to tell who has a row already must take no more than 100 bytes a row.
    file = csv_file(tmp_path, "email", *rest, *rest)
    many = measured("remove_members", organization.pk, *removal, file, "--report", report)

    assert outcomes(report.read_text()) == ["removed"] * len(rest) + ["duplicate"] * len(rest)
    assert Removal.objects.count() == NUMBER
    assert Resource.objects.filter(department=department).count() == NUMBER
    one_batch.assert_bounded(one_row, ONE_BATCH)
    many.assert_bounded(one_batch)

    restoration = ("restore_members", organization.pk, "--no-input", "--run")
    one_row = measured(*restoration, one_row.run)
    one_batch = measured(*restoration, one_batch.run)
    many = measured(*restoration, many.run, "--report", report)

    assert outcomes(report.read_text()) == ["restored"] * len(rest)
    assert Restoration.objects.count() == NUMBER
    assert Resource.objects.filter(owner__isnull=False).count() == NUMBER
    one_batch.assert_bounded(one_row, ONE_BATCH)
    many.assert_bounded(one_batch)


def test_twenty_thousand_rows_are_added_in_bounded_memory(
    organization: Organization, tmp_path: Path
) -> None:
    people = (f"many{n}@example.com,Many {n},Member,Dept {n % 50}" for n in range(NUMBER))
    file = csv_file(tmp_path, "email,full_name,roles,departments", *people)
    one = tmp_path / "one.csv"
    one.write_text("email\none@example.com\n")
    report = tmp_path / "report.csv"
    few = measured("add_members", organization.pk, "--from-file", one, "--no-input")

    many = measured(
        *("add_members", organization.pk, "--from-file", file, "--no-input"),
        *("--make-departments", "--report", report),
    )

    assert outcomes(report.read_text()) == ["added"] * NUMBER
    assert organization.memberships.count() == NUMBER + 1
    many.assert_bounded(few)


def test_twenty_thousand_resources_are_imported_in_bounded_memory(
    organization: Organization, owner: Membership, tmp_path: Path
) -> None:
    header = "type,external_id,name,owner,url"
    line = f"A repository,{owner.user.email},https://git.acme.example/a"
    file = csv_file(tmp_path, header, *(f"repository,{n},{line}" for n in range(NUMBER)))
    one = tmp_path / "one.csv"
    one.write_text(f"{header}\nrepository,0,{line}\n")
    report = tmp_path / "report.csv"
    few = measured("import_resources", organization.pk, "--from-file", one, "--no-input")

    many = measured(
        *("import_resources", organization.pk, "--from-file", file, "--no-input"),
        *("--report", report),
    )

    assert outcomes(report.read_text()) == ["unchanged"] + ["created"] * (NUMBER - 1)
    assert Resource.objects.filter(owner=owner.user).count() == NUMBER
    many.assert_bounded(few)


@dataclass(frozen=True)
class Cost:
    """Which run of a command it was, and what it took of the memory and of the processor."""

    run: str
    peak_kibibytes: int
    processor_seconds: float

    def assert_bounded(self, few: "Cost", megabytes: int = 20) -> None:
        """Raise AssertionError if it took so much more memory than for few rows, or minutes."""
        growth = (self.peak_kibibytes - few.peak_kibibytes) / 1024
        assert growth < megabytes, f"{growth:.0f} MB more than for few rows"
        assert self.processor_seconds < 120, f"{self.processor_seconds:.0f} seconds"


def seed(organization: Organization) -> None:
    """Make many members with a role and a resource each."""
    role = RoleFactory.create(organization=organization)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO users_user (id, email, full_name, name_words, password, is_active,"
            " is_staff, is_superuser, created_at)"
            " SELECT 'usr_many' || n, 'many' || n || '@example.com', '', ARRAY[''], '!',"
            " true, false, false, now() FROM generate_series(1, %s) AS n",
            [NUMBER],
        )
        cursor.execute(
            "INSERT INTO organizations_membership (organization_id, user_id, created_at)"
            " SELECT %s, id, now() FROM users_user WHERE email LIKE 'many%%'",
            [organization.pk],
        )
        cursor.execute(
            "INSERT INTO organizations_roleassignment"
            " (organization_id, membership_id, user_id, role_id)"
            " SELECT organization_id, id, user_id, %s FROM organizations_membership"
            " WHERE user_id LIKE 'usr_many%%'",
            [role.pk],
        )
        # Else each resource would look for its owner among all members.
        cursor.execute("ANALYZE organizations_membership")
        cursor.execute(
            "INSERT INTO organizations_resource (id, organization_id, owner_id, name)"
            " SELECT 'res_' || id, organization_id, user_id, 'thing'"
            " FROM organizations_membership WHERE user_id LIKE 'usr_many%%'"
        )
        cursor.execute("ANALYZE")


def measured(command: str, *arguments: object) -> Cost:
    """Run a command to its end; return what it took."""
    program = (
        "import pathlib, runpy, time\n"
        "try:\n    runpy.run_path('manage.py', run_name='__main__')\n"
        "except SystemExit:\n    pass\n"
        # The peak of getrusage is at least that of the tests' own process, which forked this one.
        "peak = pathlib.Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]\n"
        "print('USED', peak, time.process_time())\n"
    )
    process = started(*arguments, command=command, program=("-c", program), **PRODUCTION)
    output, errors = process.communicate("", timeout=600)
    used = re.search(r"USED (\d+) ([\d.]+)", output)
    assert used, errors
    return Cost(printed_id(output), int(used[1]), float(used[2]))
