"""How a member is shown."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pytest_django import DjangoAssertNumQueries

from organizations.api.user import UserSerializer, users_of
from organizations.models import Membership, Organization
from tests.factories import DepartmentFactory, MembershipFactory, RoleFactory
from tests.removals import remove


def test_a_user_has_the_eleven_fields_of_the_reference(organization: Organization) -> None:
    roles = RoleFactory.create_batch(2, organization=organization)
    departments = DepartmentFactory.create_batch(2, organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=roles[::-1], departments=departments[::-1]
    )

    assert UserSerializer(member).data == {
        "id": member.user_id,
        "full_name": member.user.full_name,
        "email": member.user.email,
        "user_name": member.user.email,
        "account_state": "active",
        "role_ids": sorted(role.pk for role in roles),
        "department_ids": sorted(department.pk for department in departments),
        "organization_id": organization.pk,
        "invitation_link": None,
        "invited_at": None,
        "deactivated_at": None,
    }


@pytest.mark.django_db
def test_a_deactivated_user_says_since_when_in_utc_and_whole_seconds() -> None:
    moment = datetime(2025, 12, 22, 16, 30, 0, 999_999, timezone(timedelta(hours=1)))
    member = MembershipFactory.create(deactivated_at=moment.astimezone(UTC))
    member.refresh_from_db()

    shown = UserSerializer(member).data

    assert (shown["account_state"], shown["deactivated_at"]) == (
        "deactivated",
        "2025-12-22T15:30:00Z",
    )


def test_any_number_of_users_takes_three_statements(
    organization: Organization, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    department = DepartmentFactory.create(organization=organization)
    MembershipFactory.create_batch(
        5, organization=organization, roles=["Member"], departments=[department]
    )

    with django_assert_num_queries(3):
        assert len([UserSerializer(member).data for member in users_of(organization.pk)]) == 5


def test_former_members_are_no_users(organization: Organization, owner: Membership) -> None:
    leaver = MembershipFactory.create(organization=organization)
    remove(leaver)

    assert list(users_of(organization.pk)) == [owner]
