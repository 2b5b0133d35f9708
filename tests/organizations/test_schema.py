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


def test_every_index_is_one_that_somebody_decided_on(db: None) -> None:
    """Django's own additions, such as the twins for LIKE, are not among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT regexp_replace(indexname, '_[0-9a-f]{8}$', '') FROM pg_indexes"
            " WHERE starts_with(tablename, 'organizations_') OR tablename = ANY(%s)",
            [["users_user", "users_accesstoken", "users_formeraddress"]],
        )
        indexes = sorted(name for (name,) in cursor.fetchall() if not name.endswith("_pkey"))
    assert indexes == [
        "connection_by_id",
        "connection_by_previous_token",
        "connection_by_token",
        "current_member_key",
        "deactivated_member",
        "department_by_name",
        "department_in_organization",
        "department_joined_once",
        "department_members",
        "department_name_in_organization",
        "domain_of_one_organization",
        "domain_of_organization",
        "event_by_actor",
        "event_by_connection",
        "event_by_date",
        "event_by_organization",
        "event_by_trace",
        "event_by_type",
        "event_by_user",
        "event_by_written_address",
        "former_address_by_address",
        "membership_is_current_key",
        "one_current_membership",
        "one_enabled_directory",
        "one_former_address",
        "one_owner_role_per_organization",
        "one_pending_scheduled_removal",
        "one_scim_identity",
        "organization_by_name",
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
        "removal_at_end_of_membership",
        "removal_by_actor",
        "removal_by_connection",
        "removal_by_date",
        "removal_by_id",
        "removal_by_organization",
        "removal_by_target_department",
        "removal_by_trace",
        "removal_by_written_address",
        "removal_that_passed_nothing_on",
        "removed_resources_by_target",
        "removed_resources_that_stayed",
        "resource_by_department",
        "resource_by_name",
        "resource_by_organization",
        "resource_by_owner",
        "resource_by_removal",
        "resource_key_in_organization",
        "resource_list",
        "resource_list_by_type",
        "role_assigned_once",
        "role_by_name",
        "role_holders",
        "role_in_organization",
        "role_name_in_organization",
        "schedule_by_written_address",
        "scheduled_removal_by_id",
        "scheduled_removal_by_status",
        "scheduled_removal_due",
        "scheduled_removal_failed",
        "scheduled_transfer_by_target",
        "scim_external_id_in_connection",
        "scim_identity_by_user",
        "scim_user_name_in_connection",
        "user_by_name",
        "users_accesstoken_digest_key",
        "users_accesstoken_user_id",
        "users_user_email_key",
        "webhook_delivery_by_date",
        "webhook_delivery_by_id",
        "webhook_delivery_by_status",
        "webhook_delivery_once_an_endpoint",
        "webhook_endpoint_by_id",
        "webhook_endpoint_enabled",
        "webhook_endpoint_given_up",
    ]
