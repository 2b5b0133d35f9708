"""A restoration of many takes as many statements as one."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organizations.models import Membership, Organization, Removal
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.restoration.verbs import code_of, preview, restore
from tests.removals import remove


def test_many_take_as_many_statements_as_one(organization: Organization, owner: Membership) -> None:
    department = DepartmentFactory.create(organization=organization)

    def statements(number: int) -> tuple[int, int]:
        members = [
            MembershipFactory.create(
                organization=organization, roles=["Member", "Owner"], departments=[department]
            )
            for _ in range(number)
        ]
        for member in members:
            ResourceFactory.create_batch(2, organization=organization, owner=member.user)
        Membership.objects.filter(pk__in=[member.pk for member in members[::2]]).update(
            deactivated_at=timezone.now()
        )
        remove(*members, transfer_to=owner.user_id)
        with CaptureQueriesContext(connection) as previewed:
            preview(*members, owner)
        with CaptureQueriesContext(connection) as done:
            outcomes = restore(*members, owner)
        assert [code_of(outcome) for outcome in outcomes[:-1]] == ["restored"] * number
        return len(previewed), len(done)

    assert statements(20) == statements(2)
    assert Removal.objects.filter(restoration=None).count() == 0
