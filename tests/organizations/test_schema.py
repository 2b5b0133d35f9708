"""What else the database holds: ids, capabilities, accounts, and no index without a reason."""

import pytest
from django.db import connection

from organizations.models import (
    Organization,
)
from tests.factories import (
    OrganizationFactory,
    RoleFactory,
)
from tests.refusals import refused
from users.models import User


@pytest.mark.parametrize(
    "wrong", ["xyz789", "org_", "usr_abc", "org_ä", "org_a\n", "org_" + "x" * 61]
)
def test_an_id_has_the_form_of_its_kind(db: None, wrong: str) -> None:
    with pytest.raises(Exception, match=r"_id_check|too long"):
        OrganizationFactory.create(pk=wrong)


def test_a_capability_is_one_of_the_contracts(organization: Organization) -> None:
    with refused("role_capabilities_are_known"):
        RoleFactory.create(organization=organization, capabilities=["fly"])


def test_one_mailbox_is_one_account(db: None) -> None:
    User.objects.create_user("Ada@Example.com")

    assert User.objects.get(email="ADA@example.COM").email == "ada@example.com"
    with refused("users_user_email_key"):
        User.objects.create_user("aDA@example.com")


def test_every_index_that_django_names_is_one_that_somebody_decided_on(db: None) -> None:
    """It adds one to each foreign key, and twins for LIKE; the others have a name from a model."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT regexp_replace(indexname, '_[0-9a-f]{8}$', '') FROM pg_indexes"
            " WHERE (starts_with(tablename, 'organizations_') OR tablename = ANY(%s))"
            " AND starts_with(indexname, tablename)",
            [["users_user", "users_accesstoken", "users_formeraddress"]],
        )
        indexes = sorted(name for (name,) in cursor.fetchall() if not name.endswith("_pkey"))
    assert indexes == [
        "organizations_connectiontransfer_transferred_to_id",
        "organizations_eventposition_event_id_key",
        "organizations_membership_user_id",
        "organizations_removal_membership_id_key",
        "organizations_restoration_actor_id",
        "organizations_restoration_membership_id_key",
        "organizations_restoration_removal_id_key",
        "organizations_scheduledremoval_membership_id",
        "organizations_scheduledremoval_removal_id_key",
        "organizations_scheduledremoval_requested_by_id",
        "organizations_scheduledremoval_transferred_to_id",
        "organizations_scimconnection_transfer_on_deactivate_id",
        "organizations_scimconnection_transfer_on_removal_id",
        "organizations_webhookendpoint_created_by_id",
        "users_accesstoken_digest_key",
        "users_accesstoken_user_id",
        "users_user_email_key",
    ]
