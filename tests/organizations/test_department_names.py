"""A department's name is one in its organization, in any case, however the department is made."""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client

from config.case_insensitive_names import key_of
from organizations.models import Department, Organization
from tests.factories import DepartmentFactory, OrganizationFactory
from tests.organizations.scim.caller import Directory, new_group
from tests.refusals import refused, sql

SAME = [
    pytest.param("ENGINEERING", id="capitals"),
    pytest.param(" Engineering\u00a0", id="blanks"),
    pytest.param("\uff25ngineering", id="full_width"),
    pytest.param("Engi\u200bneering", id="invisible"),
]
TAKEN = "department_name_in_organization"


def create(organization: Organization, name: str) -> None:
    Department.objects.create(organization=organization, name=name)


def bulk_create(organization: Organization, name: str) -> None:
    Department.objects.bulk_create([Department(organization=organization, name=name)])


def rename(organization: Organization, name: str) -> None:
    department = DepartmentFactory.create(organization=organization)
    department.name = name
    department.save(update_fields=["name", "name_words", "name_key"])


def insert(organization: Organization, name: str) -> None:
    """As SQL by hand does, and the version before keys: it says nothing of them."""
    sql(
        "INSERT INTO organizations_department (id, organization_id, name, name_words, external_id)"
        " VALUES (organizations_generate_id('dept'), %s, %s, ARRAY[%s], '')",
        *(organization.pk, name, name),
    )


def update(organization: Organization, name: str) -> None:
    department = DepartmentFactory.create(organization=organization)
    sql(
        "UPDATE organizations_department SET name = %s, name_words = ARRAY[%s, 'x'] WHERE id = %s",
        *(name, name, department.pk),
    )


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("made", [create, bulk_create, rename])
def test_a_name_is_taken_in_any_case(
    organization: Organization, made: Callable[[Organization, str], None], name: str
) -> None:
    create(organization, "Engineering")

    with refused(TAKEN):
        made(organization, name)


@pytest.mark.parametrize("name", ["Engineering", "ENGINEERING", " engineering\t"])
@pytest.mark.parametrize("written", [insert, update])
def test_a_name_that_is_written_without_its_key_is_taken_too(
    organization: Organization, written: Callable[[Organization, str], None], name: str
) -> None:
    create(organization, "Engineering")

    with refused(TAKEN):
        written(organization, name)


@pytest.mark.parametrize("written", [insert, update])
def test_what_is_written_without_a_key_is_found_and_its_name_taken(
    organization: Organization, written: Callable[[Organization, str], None]
) -> None:
    written(organization, "Research")

    assert organization.departments.called("RESEARCH").get().name == "Research"
    with refused(TAKEN):
        create(organization, "research")


def test_another_organization_has_its_own_names(organization: Organization) -> None:
    create(organization, "Engineering")

    create(OrganizationFactory.create(), "engineering")

    assert Department.objects.called("Engineering").count() == 2


def test_a_name_is_saved_without_blanks_around_it(organization: Organization) -> None:
    department = Department.objects.create(organization=organization, name="\t Sales ")

    assert department.name == "Sales"
    department.refresh_from_db()
    assert (department.name, department.name_key) == ("Sales", "sales")


def test_a_department_takes_another_case_of_its_own_name(organization: Organization) -> None:
    department = DepartmentFactory.create(organization=organization, name="STRASSE")

    department.name = "Straße"
    department.save()

    department.refresh_from_db()
    assert (department.name, department.name_key) == ("Straße", "strasse")


@pytest.mark.parametrize("name", ["", "  ", "\u00a0"])
def test_a_department_has_a_name(organization: Organization, name: str) -> None:
    with refused("department_has_a_name"):
        create(organization, name)


def test_the_key_of_a_long_name_fits_its_column(organization: Organization) -> None:
    name = "\ufdfa" * 200  # which folds to eighteen characters each

    create(organization, name)

    assert organization.departments.called(name).exists()


@pytest.mark.parametrize("name", ["Straße", "ΣΊΣΥΦΟΣ", "İstanbul", "ǅ", "ﬁn", "\ufdfa", "a\u0301"])
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert key_of(key_of(name)) == key_of(name)


@pytest.mark.parametrize("name", SAME)
def test_a_directory_finds_the_one_department_and_makes_no_other(
    organization: Organization, name: str
) -> None:
    directory = Directory.of(organization)
    department = DepartmentFactory.create(organization=organization, name="Engineering")
    other = f"/Groups/{DepartmentFactory.create(organization=organization).pk}"

    [found] = directory.send("GET", f'/Groups?filter=displayName eq "{name}"').body["Resources"]
    refusals = [
        directory.send("POST", "/Groups", new_group(name)),
        directory.send("PUT", other, new_group(name)),
        directory.patch(other, {"op": "replace", "path": "displayName", "value": name}),
    ]

    assert found["id"] == department.pk
    assert {(each.status, each.body["scimType"]) for each in refusals} == {(409, "uniqueness")}


@pytest.mark.parametrize("name", ["", "  ", "\u200b"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_group_has_a_name(organization: Organization, method: str, name: str) -> None:
    directory = Directory.of(organization)
    department = DepartmentFactory.create(organization=organization, name="Engineering")
    path = f"/Groups/{department.pk}"

    if method == "PATCH":
        rename = {"op": "replace", "path": "displayName", "value": name}
        answer = directory.patch(path, rename)
    else:
        answer = directory.send(method, "/Groups" if method == "POST" else path, new_group(name))

    assert (answer.status, answer.body["scimType"]) == (400, "invalidValue")
    assert [row.name for row in Department.objects.all()] == ["Engineering"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("ENGINEERING ", "has a department of this name already"), ("\u200b", "visible characters")],
)
@pytest.mark.parametrize("page", ["add", "change"])
def test_the_admin_says_on_the_form_why_a_name_is_refused(
    admin_client: Client, organization: Organization, page: str, name: str, said: str
) -> None:
    DepartmentFactory.create(organization=organization, name="Engineering")
    other = DepartmentFactory.create(organization=organization, name="Other")
    address = "add/" if page == "add" else f"{other.pk}/change/"

    response = admin_client.post(
        f"/admin/organizations/department/{address}",
        {"organization": organization.pk, "name": name},
    )

    assert response.status_code == 200
    assert said in response.content.decode()
    assert Department.objects.count() == 2


def the_migration() -> ModuleType:
    """Return the migration that makes the keys."""
    [name] = [
        name
        for app, name in MigrationLoader(connection).disk_migrations
        if app == "organizations" and name.endswith("department_names")
    ]
    return import_module(f"organizations.migrations.{name}")


@pytest.fixture
def migration(db: None) -> ModuleType:
    """The migration, in a database that has no keys yet."""
    sql(
        "ALTER TABLE organizations_department DISABLE TRIGGER USER,"
        " DROP CONSTRAINT department_name_in_organization, DROP CONSTRAINT department_has_a_name"
    )
    return the_migration()


def before(organization: Organization, *names: str) -> None:
    """Make departments as the version before did."""
    for position, name in enumerate(names):
        sql(
            "INSERT INTO organizations_department"
            " (id, organization_id, name, name_words, external_id)"
            " VALUES (%s, %s, %s, ARRAY[%s], '')",
            *(f"dept_{position}", organization.pk, name, name),
        )


@pytest.mark.parametrize(
    ("names", "renamed"),
    [
        (["Sales", "Support"], ["Sales", "Support"]),
        (["Sales", "sales", "SALES "], ["Sales", "sales (2)", "SALES (3)"]),
        (["Sales", "sales", "Sales (2)"], ["Sales", "sales (3)", "Sales (2)"]),
        (["Sales ", "Sales"], ["Sales", "Sales (2)"]),
        ([" Sales"], ["Sales"]),
        (["a" * 200, "A" * 200], ["a" * 200, "A" * 196 + " (2)"]),
        (["\u200b", "Sales"], ["Unnamed (2)", "Sales"]),
    ],
)
def test_the_migration_renames_the_later_of_equal_names_and_says_so(
    organization: Organization,
    migration: ModuleType,
    capsys: pytest.CaptureFixture[str],
    names: list[str],
    renamed: list[str],
) -> None:
    before(organization, *names)

    with connection.schema_editor() as schema_editor:
        migration.make_keys(apps, schema_editor)

    departments = Department.objects.order_by("pk")
    assert [department.name for department in departments] == renamed
    assert [department.name_key for department in departments] == [key_of(name) for name in renamed]
    said = capsys.readouterr().out.split("\n")[1:]
    changes = [(old, new) for old, new in zip(names, renamed, strict=True) if old != new]
    assert len(said) == len(changes)
    for line, (old, new) in zip(said, changes, strict=True):
        assert line.endswith(f"{old!r} is now {new!r}.")


def test_the_migration_leaves_equal_names_of_two_organizations(
    organization: Organization, migration: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    before(organization, "Sales")
    other = OrganizationFactory.create()
    sql("UPDATE organizations_department SET id = 'dept_other'")
    before(other, "sales")

    with connection.schema_editor() as schema_editor:
        migration.make_keys(apps, schema_editor)

    assert sorted(Department.objects.values_list("name", flat=True)) == ["Sales", "sales"]
    assert capsys.readouterr().out == ""


@pytest.mark.django_db(transaction=True)
def test_the_table_can_be_altered_in_the_transaction_that_renames(
    organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    before(organization, " Sales", "Support")

    with connection.schema_editor() as schema_editor:
        the_migration().make_keys(apps, schema_editor)
        sql("ALTER TABLE organizations_department ADD CONSTRAINT a CHECK (name <> '')")
        sql("ALTER TABLE organizations_department DROP CONSTRAINT a")

    assert "Sales" in organization.departments.values_list("name", flat=True)
    assert "is now 'Sales'" in capsys.readouterr().out
