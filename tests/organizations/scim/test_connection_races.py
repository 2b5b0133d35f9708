"""A directory whose connection is changed while its request waits."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import pytest
from django.db import transaction

from organizations.connections.service import disable
from organizations.connections.tokens import issue_token
from organizations.locks import lock_members
from organizations.models import Connection, Department, Event, Membership, Resource, ScimIdentity
from tests.concurrency import in_background, result_after, until_somebody_waits_for_a_lock
from tests.factories import DepartmentFactory, ResourceFactory
from tests.organizations.scim.caller import OFF, Answer, Directory, new_group, new_user, replacing
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


CHANGES: dict[str, Callable[[Directory, Membership, Department], Answer]] = {
    "rename": lambda directory, member, _: directory.patch(
        f"/Users/{member.user_id}", replacing("displayName", "Ada")
    ),
    "replace": lambda directory, member, _: directory.send(
        "PUT", f"/Users/{member.user_id}", new_user("ada@example.com", externalId="1")
    ),
    "adopt": lambda directory, member, _: directory.send(
        "POST", "/Users", new_user(member.user.email)
    ),
    "deactivate": lambda directory, member, _: directory.patch(f"/Users/{member.user_id}", OFF),
    "remove": lambda directory, member, _: directory.send("DELETE", f"/Users/{member.user_id}"),
    "add": lambda directory, *_: directory.send("POST", "/Users", new_user("new@example.com")),
    "make a group": lambda directory, *_: directory.send("POST", "/Groups", new_group("New")),
    "rename a group": lambda directory, _, department: directory.patch(
        f"/Groups/{department.pk}", replacing("displayName", "New")
    ),
    "replace a group": lambda directory, _, department: directory.send(
        "PUT", f"/Groups/{department.pk}", new_group("New")
    ),
    "delete a group": lambda directory, _, department: directory.send(
        "DELETE", f"/Groups/{department.pk}"
    ),
}


def loses_its_token(connection: Connection) -> None:
    issue_token(connection, revoke_old=True)


@pytest.mark.parametrize(
    ("change", "loss"), [*((change, disable) for change in CHANGES), ("rename", loses_its_token)]
)
def test_a_directory_that_is_let_in_no_more_while_its_request_waits_changes_nothing(
    member: Membership, change: str, loss: Callable[[Connection], object]
) -> None:
    directory = Directory.of(member.organization)
    department = DepartmentFactory.create(organization=member.organization, name="Old")

    def state() -> list[object]:
        return [
            list(Membership.objects.values_list("user", "deleted_at", "deactivated_at")),
            list(User.objects.order_by("pk").values_list("email", "full_name")),
            list(Department.objects.values_list("name")),
            list(ScimIdentity.objects.values_list("user")),
            Event.objects.count(),
        ]

    before = state()
    request = partial(CHANGES[change], directory, member, department)

    answer = result_after(partial(loss, directory.connection), request)

    assert answer.status == 401
    assert state() == before


def test_a_directory_is_disabled_once_its_request_that_waits_is_done(member: Membership) -> None:
    directory = Directory.of(member.organization)
    department = DepartmentFactory.create(organization=member.organization)
    renaming = partial(CHANGES["rename"], directory, member, department)
    with ExitStack() as stack:
        with transaction.atomic():
            lock_members(member.organization_id, [member.user_id])
            answer = stack.enter_context(in_background(renaming))
            until_somebody_waits_for_a_lock()
            disabled = stack.enter_context(in_background(partial(disable, directory.connection)))
            until_somebody_waits_for_a_lock(2)
        assert answer.result().status == 200
        assert disabled.result()

    assert renaming().status == 401


def test_resources_pass_where_the_connection_says_once_the_request_has_waited(
    member: Membership,
) -> None:
    before, since = DepartmentFactory.create_batch(2, organization=member.organization)
    directory = Directory.of(member.organization, transfer_on_removal=before)
    ResourceFactory.create(organization=member.organization, owner=member.user)

    def change() -> None:
        Connection.objects.update(transfer_on_removal=since)
        before.delete()

    answer = result_after(change, partial(directory.send, "DELETE", f"/Users/{member.user_id}"))

    assert answer.status == 204
    assert Resource.objects.get().department == since
