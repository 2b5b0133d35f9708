"""An organization keeps an active owner, whatever its directory sends."""

from collections.abc import Callable
from functools import partial
from itertools import combinations_with_replacement

import pytest

from organizations.capabilities import ALL_CAPABILITIES
from organizations.models import Membership, Organization, ScimIdentity
from tests.concurrency import all_at_once
from tests.factories import DepartmentFactory, MembershipFactory, OrganizationFactory
from tests.organizations.scim.caller import OFF, Answer, Directory, new_user, replacing, rights

NAMED = replacing("displayName", "Last")

WAYS_OUT: dict[str, Callable[[Directory, str], Answer]] = {
    "patch": lambda d, path: d.patch(path, NAMED, OFF),
    "add": lambda d, path: d.patch(path, {"op": "add", "value": {"active": "False"}}),
    "put": lambda d, path: d.send("PUT", path, new_user(f"{path[-8:]}@example.com", active=False)),
    "delete": lambda d, path: d.send("DELETE", path),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_the_last_owner_stays_and_the_whole_request_is_undone(
    directory: Directory, owner: Membership, way: str
) -> None:
    answer = WAYS_OUT[way](directory, f"/Users/{owner.user_id}")

    assert answer.status == 403
    assert "last owner" in answer.body["detail"]
    assert rights(owner.organization, owner.user_id) == ALL_CAPABILITIES
    assert not ScimIdentity.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("first", "second"), [*combinations_with_replacement(WAYS_OUT, 2)])
def test_of_two_last_owners_who_leave_at_once_one_stays(first: str, second: str) -> None:
    organization = OrganizationFactory.create()
    owners = MembershipFactory.create_batch(2, organization=organization, roles=["Owner"])
    directory = Directory.of(organization)

    answers = all_at_once(
        partial(WAYS_OUT[first], directory, f"/Users/{owners[0].user_id}"),
        partial(WAYS_OUT[second], directory, f"/Users/{owners[1].user_id}"),
    )

    statuses = sorted(answer.status for answer in answers)
    assert statuses[0] in (200, 204)
    assert statuses[1] == 403
    remaining = [rights(organization, owner.user_id) for owner in owners]
    assert remaining.count(ALL_CAPABILITIES) == 1


def test_an_owner_leaves_while_another_stays(
    directory: Directory, organization: Organization
) -> None:
    other = MembershipFactory.create(organization=organization, roles=["Owner"])
    department = DepartmentFactory.create(organization=organization)

    assert directory.patch(f"/Users/{other.user_id}", OFF).status == 200
    assert directory.send("DELETE", f"/Users/{other.user_id}").status == 204
    assert department.memberships.count() == 0
