"""What happens at the same moment as a directory's request, on real connections."""

from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from organizations.models import Membership, Organization
from tests.concurrency import all_at_once, in_background, until_somebody_waits_for_a_lock
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory
from tests.organizations.owners import active_owners
from tests.organizations.scim.caller import Directory, new_user
from tests.organizations.scim.test_last_owner import WAYS
from tests.removals import remove
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

RENAMED = {"op": "replace", "path": "displayName", "value": "Another"}


@pytest.fixture
def second(owner: Membership) -> Membership:
    return MembershipFactory.create(organization=owner.organization, roles=["Owner"])


@pytest.mark.parametrize("way", WAYS)
def test_of_the_last_two_owners_taken_at_once_one_stays(
    directory: Directory, owner: Membership, second: Membership, way: Any
) -> None:
    answers = all_at_once(
        partial(way, directory, owner.user_id), partial(way, directory, second.user_id)
    )

    assert sorted(answer.status for answer in answers) in ([200, 403], [204, 403])
    assert active_owners().count() == 1


def test_an_owner_whom_somebody_else_takes_meanwhile_is_no_owner_who_remains(
    directory: Directory, owner: Membership, second: Membership
) -> None:
    with ExitStack() as both:
        with transaction.atomic():
            deactivate(owner)
            removing = both.enter_context(
                in_background(partial(directory.send, "DELETE", f"/Users/{second.user_id}"))
            )
            until_somebody_waits_for_a_lock()
        assert removing.result().status == 403
    assert list(active_owners()) == [second]


def test_who_is_renamed_while_an_admin_deactivates_them_stays_deactivated(
    directory: Directory, second: Membership
) -> None:
    with ExitStack() as both:
        with transaction.atomic():
            deactivate(second)
            renaming = both.enter_context(
                in_background(partial(directory.patch, f"/Users/{second.user_id}", RENAMED))
            )
            until_somebody_waits_for_a_lock()
        answer = renaming.result()

    assert (answer.status, answer.body["displayName"], answer.body["active"]) == (
        200,
        "Another",
        False,
    )
    second.refresh_from_db()
    assert not second.is_active


def test_who_is_renamed_while_their_address_changes_keeps_the_new_one(
    directory: Directory, organization: Organization
) -> None:
    user_id = directory.add("ada@example.com")

    with ExitStack() as both:
        with transaction.atomic():
            User.objects.filter(pk=user_id).update(email="countess@example.com")
            renaming = both.enter_context(
                in_background(partial(directory.patch, f"/Users/{user_id}", RENAMED))
            )
            until_somebody_waits_for_a_lock()
        assert renaming.result().status == 200

    assert User.objects.get(pk=user_id).email == "countess@example.com"


def test_who_is_removed_while_they_are_renamed_is_not_found(
    directory: Directory, second: Membership
) -> None:
    with ExitStack() as both:
        with transaction.atomic():
            remove(second)
            renaming = both.enter_context(
                in_background(partial(directory.patch, f"/Users/{second.user_id}", RENAMED))
            )
            until_somebody_waits_for_a_lock()
        assert renaming.result().status == 404


def test_of_one_user_posted_many_times_at_once_there_is_one(
    directory: Directory, organization: Organization
) -> None:
    post = partial(directory.send, "POST", "/Users", new_user("ada@example.com"))

    answers = all_at_once(*[post] * 4)

    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    assert organization.memberships.filter(user__email="ada@example.com").count() == 1


def test_many_changes_of_a_group_at_once_are_all_made(
    directory: Directory, organization: Organization
) -> None:
    group = f"/Groups/{DepartmentFactory.create(organization=organization).pk}"
    members = MembershipFactory.create_batch(6, organization=organization)
    values = [{"value": member.user_id} for member in members]
    directory.patch(group, {"op": "add", "path": "members", "value": values[:2]})

    def change(op: str, *chosen: dict[str, str]) -> int:
        operation = {"op": op, "path": "members", "value": list(chosen)}
        return directory.patch(group, operation).status

    statuses = all_at_once(
        partial(change, "add", values[2], values[3]),
        partial(change, "add", values[4], values[3]),
        partial(change, "remove", values[1], values[0]),
        partial(change, "remove", values[0], values[1]),
    )

    assert statuses == [200] * 4
    remaining = directory.send("GET", group).body["members"]
    assert {member["value"] for member in remaining} == {member.user_id for member in members[2:5]}


def test_who_is_removed_while_they_join_a_group_belongs_to_none(
    directory: Directory, second: Membership
) -> None:
    group = f"/Groups/{DepartmentFactory.create(organization=second.organization).pk}"
    joining = {"op": "add", "path": "members", "value": [{"value": second.user_id}]}

    with ExitStack() as both:
        with transaction.atomic():
            remove(second)
            patching = both.enter_context(in_background(partial(directory.patch, group, joining)))
            until_somebody_waits_for_a_lock()
        assert patching.result().status == 400

    assert not second.department_memberships.exists()
