"""The words for what the database refuses."""

import pytest
from django.db import DatabaseError, ProgrammingError, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from config.admin.refusals import explain_refusals, reason_of
from organizations.models import Membership
from tests.factories import DepartmentFactory, ResourceFactory, UserFactory
from tests.refusals import check_deferred, sql


def reason(statement: str, *parameters: str) -> str:
    """Return the words for what the database says to a statement."""

    def send() -> None:
        sql(statement, *parameters)
        check_deferred()

    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        send()
    return reason_of(refusal.value)


def raised(message: str, options: str = "") -> str:
    """Return the words for what a trigger raises."""
    return reason(f"DO $$ BEGIN RAISE EXCEPTION '{message}' {options}; END $$")


def test_a_violated_constraint_is_explained_by_its_own_message(owner: Membership) -> None:
    resource = ResourceFactory.create(organization=owner.organization, owner=owner.user)

    said = reason("UPDATE organizations_resource SET owner_id = NULL WHERE id = %s", resource.pk)

    assert said == "Either a user or a department owns a resource."


def test_a_trigger_is_explained_by_its_message_and_hint(db: None) -> None:
    options = "USING ERRCODE = 'restrict_violation', HINT = 'Add them first.'"

    said = raised("only an active member can be given a resource", options)

    assert said == (
        "Nothing was changed: only an active member can be given a resource. Add them first."
    )


def test_a_protected_table_is_named_in_words(db: None) -> None:
    said = raised("pgtrigger: Cannot update rows from organizations_roleassignment table")

    assert said == "Nothing was changed: Cannot update role assignments."


def test_a_referenced_row_is_explained_by_what_refers_to_it(owner: Membership) -> None:
    department = DepartmentFactory.create(organization=owner.organization)
    ResourceFactory.create(organization=owner.organization, department=department)

    said = reason("DELETE FROM organizations_department WHERE id = %s", department.pk)

    assert said == "Nothing was changed: there are resources that refer to it."


def test_a_reference_to_a_deleted_row_is_explained(owner: Membership) -> None:
    said = reason(
        "INSERT INTO organizations_membership (organization_id, user_id, created_at)"
        " VALUES (%s, 'usr_gone', now())",
        owner.organization_id,
    )

    assert said == ("Nothing was changed: what the membership refers to was deleted meanwhile.")


def test_a_duplicate_is_explained(db: None) -> None:
    UserFactory.create(email="ida@example.com")
    other = UserFactory.create()

    said = reason("UPDATE users_user SET email = 'ida@example.com' WHERE id = %s", other.pk)

    assert said == "Nothing was changed: there is such a user already."


def test_a_faulty_statement_is_raised_and_not_explained(db: None) -> None:
    def view(*_: object) -> HttpResponse:
        raise ProgrammingError("column does not exist")

    with pytest.raises(ProgrammingError):
        explain_refusals(view)(RequestFactory().post("/admin/"))
