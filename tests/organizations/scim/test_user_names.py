"""A userName is unique in any case, in any script and any locale of the database."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from organizations.models import Organization, ScimIdentity
from tests.directories import connect, manage
from tests.factories import MembershipFactory
from tests.organizations.scim.caller import Directory, new_user, replacing, work_email
from tests.organizations.scim.people import found
from tests.refusals import refused, sql

MIGRATION = import_module("organizations.migrations.0011_user_name_keys")
SAME = [("Ünal", "ünal"), ("STRASSE", "straße"), ("\ufb01sher", "FISHER"), ("\uff25da", "eda")]
INSERT = """
    INSERT INTO organizations_scimidentity (
        organization_id, user_id, connection_id, user_name, external_id, formatted_name,
        given_name, family_name, display_name, changed_at
    )
    VALUES (%s, %s, %s, %s, '', '', '', '', '', now())
"""


@pytest.mark.parametrize(
    ("name", "same"), SAME, ids=["umlaut", "sharp_s", "ligature", "full_width"]
)
def test_a_user_is_found_and_is_one_in_any_case(directory: Directory, name: str, same: str) -> None:
    user_id = directory.add(name, emails=work_email("one@example.com"))

    assert found(directory, f'userName eq "{same}"') == [user_id]
    assert found(directory, f'userName eq "{same.upper()}"') == [user_id]
    again = directory.send("POST", "/Users", new_user(same, emails=work_email("two@example.com")))
    assert again.outcome == (409, "uniqueness")


def test_a_name_in_another_case_is_what_is_shown_and_finds_the_same_user(
    directory: Directory,
) -> None:
    user_id = directory.add("Ünal", emails=work_email("one@example.com"))

    answer = directory.patch(f"/Users/{user_id}", replacing("userName", "ünal"))

    assert (answer.status, answer.body["userName"]) == (200, "ünal")
    assert found(directory, 'userName eq "ÜNAL"') == [user_id]


@pytest.mark.parametrize("name", ["ADA", " ada\t"])
def test_a_name_that_is_written_without_its_key_is_taken_too(
    organization: Organization, name: str
) -> None:
    directory, _ = connect(organization)
    first, second = MembershipFactory.create_batch(2, organization=organization)
    manage(first, user_name="ada")

    with refused("scim_user_name_in_connection"):
        sql(INSERT, organization.pk, second.user_id, directory.pk, name)


def test_a_name_that_is_changed_without_its_key_gets_another(organization: Organization) -> None:
    connect(organization)
    identity = manage(MembershipFactory.create(organization=organization), user_name="Ünal")

    sql("UPDATE organizations_scimidentity SET user_name = %s", "Grace")

    identity.refresh_from_db()
    assert identity.user_name_key == "grace"


def test_upgrading_renames_the_later_of_equal_names_and_prints_it(
    organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    sql("DROP INDEX scim_user_name_in_connection")
    sql("CREATE INDEX scim_user_name_in_connection ON organizations_scimidentity (user_name)")
    connect(organization)
    names = ["Ünal", "ada", "ünal", "Ünal (2)", "ÜNAL"]
    identities = [
        manage(MembershipFactory.create(organization=organization), user_name=name)
        for name in names
    ]
    sql("UPDATE organizations_scimidentity SET user_name_key = id")

    with connection.schema_editor() as editor:
        MIGRATION.make_keys(apps, editor)

    rows = ScimIdentity.objects.order_by("pk").values_list("user_name", "user_name_key")
    assert list(rows) == [
        ("Ünal", "ünal"),
        ("ada", "ada"),
        ("ünal (3)", "ünal (3)"),
        ("Ünal (2)", "ünal (2)"),
        ("ÜNAL (4)", "ünal (4)"),
    ]
    printed = capsys.readouterr().out.strip().splitlines()
    assert [line.strip() for line in printed] == [
        f"{organization.pk}: the userName of {identities[2].user_id}, 'ünal', is now 'ünal (3)'.",
        f"{organization.pk}: the userName of {identities[4].user_id}, 'ÜNAL', is now 'ÜNAL (4)'.",
    ]
