"""Races of a directory's requests with other changes."""

from contextlib import ExitStack
from functools import partial

import pytest
from django.db import OperationalError, transaction
from psycopg.errors import DeadlockDetected

from config.retries import OvertakenError
from organizations.locks import lock_members
from organizations.models import Department, Event, Membership, Organization, ScimIdentity
from organizations.scim.members import Member
from organizations.scim.user_patch import UserChange
from organizations.scim.users import Users
from tests.concurrency import (
    DEADLINE_SECONDS,
    all_at_once,
    in_background,
    result_after,
    until_somebody_waits_for_a_lock,
)
from tests.deactivations import deactivate
from tests.directories import manage
from tests.factories import DepartmentFactory, MembershipFactory, UserFactory
from tests.organizations.restoration.verbs import restore
from tests.organizations.scim.caller import (
    GROUP,
    OFF,
    Answer,
    Directory,
    new_group,
    new_user,
    replacing,
    rights,
)
from tests.organizations.scim.people import found
from tests.removals import remove
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def renamed(directory: Directory, method: str, member: Membership) -> Answer:
    """Send a new display name of a member, and what was seen of them before."""
    path = f"/Users/{member.user_id}"
    if method == "PATCH":
        return directory.patch(path, replacing("displayName", "Ada"))
    return directory.send("PUT", path, new_user("ada@example.com", displayName="Ada"))


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_display_name_does_not_undo_a_deactivation_at_the_same_moment(
    member: Membership, method: str
) -> None:
    directory = Directory.of(member.organization)

    answer = result_after(partial(deactivate, member), partial(renamed, directory, method, member))

    assert (answer.status, answer.body["active"]) == (200, False)
    assert rights(member.organization, member.user_id) is None


def test_of_two_additions_of_one_person_at_once_one_is_done(organization: Organization) -> None:
    directory = Directory.of(organization)
    addition = partial(directory.send, "POST", "/Users", new_user("ada@example.com"))

    answers = all_at_once(addition, addition)

    assert sorted(answer.status for answer in answers) == [201, 409]
    assert organization.memberships.count() == 1


def test_of_two_that_adopt_a_member_at_once_one_does(member: Membership) -> None:
    directory = Directory.of(member.organization)
    adopting = partial(directory.send, "POST", "/Users", new_user(member.user.email))

    answers = all_at_once(adopting, adopting)

    assert sorted(answer.status for answer in answers) == [201, 409]
    assert Event.objects.filter(type="member.adopted", user=member.user).count() == 1


def test_who_is_removed_while_they_are_adopted_becomes_a_new_member(member: Membership) -> None:
    directory = Directory.of(member.organization)
    adopting = partial(directory.send, "POST", "/Users", new_user(member.user.email))

    answer = result_after(partial(remove, member), adopting)

    assert (answer.status, answer.body["id"]) == (201, member.user_id)
    assert not Event.objects.filter(type="member.adopted").exists()
    assert Membership.objects.filter(user=member.user).count() == 2


def test_who_is_restored_while_they_are_added_is_adopted(member: Membership) -> None:
    directory = Directory.of(member.organization)
    remove(member)
    adding = partial(directory.send, "POST", "/Users", new_user(member.user.email))

    answer = result_after(partial(restore, member), adding)

    assert (answer.status, answer.body["id"]) == (201, member.user_id)
    assert Event.objects.filter(type="member.adopted", user=member.user).count() == 1
    assert Membership.objects.current().get(user=member.user)


def test_whoever_has_the_address_once_it_is_waited_for_is_adopted(member: Membership) -> None:
    directory = Directory.of(member.organization)
    other = MembershipFactory.create(organization=member.organization)
    adopting = partial(directory.send, "POST", "/Users", new_user("ada@example.com"))

    def change() -> None:
        User.objects.filter(pk=member.user_id).update(email="lovelace@example.com")
        User.objects.filter(pk=other.user_id).update(email="ada@example.com")

    answer = result_after(change, adopting)

    assert (answer.status, answer.body["id"]) == (201, other.user_id)
    assert [each.user for each in ScimIdentity.objects.all()] == [other.user]


def test_who_is_added_while_the_role_is_deleted_holds_none(organization: Organization) -> None:
    directory = Directory.of(organization)
    adding = partial(directory.send, "POST", "/Users", new_user("ada@example.com"))

    answer = result_after(organization.roles.get(name="Member").delete, adding)

    assert answer.status == 201
    assert not organization.memberships.get().role_assignments.exists()


@pytest.mark.parametrize("is_leaver", [False, True])
def test_a_name_that_somebody_gets_at_the_same_moment_is_taken(
    member: Membership, is_leaver: bool
) -> None:
    directory = Directory.of(member.organization)
    operations = [replacing("externalId", "1"), *([OFF] if is_leaver else [])]
    renaming = partial(directory.patch, f"/Users/{member.user_id}", *operations)
    other = MembershipFactory.create(organization=member.organization)

    answer = result_after(partial(manage, other, external_id="1"), renaming)

    assert answer.status == (200 if is_leaver else 409)
    assert (rights(member.organization, member.user_id) is None) is is_leaver
    assert ScimIdentity.objects.get(external_id="1").user == other.user


def test_a_member_is_restored_while_their_name_is_given_to_somebody_else(
    organization: Organization,
) -> None:
    directory = Directory.of(organization)
    user_id = directory.add("ada@example.com", externalId="1")
    member = Membership.objects.get(user=user_id)
    remove(member)
    other = MembershipFactory.create(organization=organization)

    outcomes = result_after(partial(manage, other, external_id="1"), partial(restore, member))

    [outcome] = outcomes
    assert outcome.restoration
    assert directory.add("ada@example.com") == user_id


def test_a_name_that_is_given_meanwhile_keeps_nobody_else_from_being_found_once_restored(
    organization: Organization,
) -> None:
    directory = Directory.of(organization)
    ids = [directory.add(f"{name}@example.com", externalId=name) for name in ("ada", "ben")]
    members = [Membership.objects.get(user=user_id) for user_id in ids]
    remove(*members)
    other = MembershipFactory.create(organization=organization)

    result_after(partial(manage, other, external_id="ada"), partial(restore, *members))

    assert found(directory, 'externalId eq "ada"') == [other.user_id]
    assert found(directory, 'externalId eq "ben"') == ids[1:]


def test_groups_that_change_members_in_opposite_order_are_all_changed(
    organization: Organization,
) -> None:
    directory = Directory.of(organization)
    members = MembershipFactory.create_batch(20, organization=organization)
    groups = DepartmentFactory.create_batch(2, organization=organization)
    values = [{"value": member.user_id} for member in members]

    answers = all_at_once(
        *(
            partial(
                directory.patch,
                f"/Groups/{group.pk}",
                {"op": "add", "path": "members", "value": in_order},
            )
            for group, in_order in zip(groups, (values, values[::-1]), strict=True)
        )
    )

    assert [answer.status for answer in answers] == [204, 204]
    assert [group.memberships.count() for group in groups] == [20, 20]


def test_groups_that_swap_members_do_not_wait_for_each_other(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.retries.ATTEMPTS", 1)  # a deadlock would be answered
    directory = Directory.of(organization)
    groups = DepartmentFactory.create_batch(2, organization=organization)
    one, other = (
        MembershipFactory.create(organization=organization, departments=[group]) for group in groups
    )

    def swap(group: Department, joining: Membership) -> Answer:
        body = new_group(group.name, joining)
        return directory.send("PUT", f"/Groups/{group.pk}", body)

    with ExitStack() as stack, transaction.atomic():
        lock_members(organization.pk, [one.user_id, other.user_id])
        answers = [
            stack.enter_context(in_background(partial(swap, *each)))
            for each in zip(groups, (other, one), strict=True)
        ]
        until_somebody_waits_for_a_lock(2)

    assert [answer.result().status for answer in answers] == [200, 200]
    assert [group.memberships.get().user_id for group in groups] == [other.user_id, one.user_id]


def test_a_group_renamed_while_a_member_leaves_it_does_not_take_them_back(
    organization: Organization,
) -> None:
    directory = Directory.of(organization)
    group = DepartmentFactory.create(organization=organization)
    member = MembershipFactory.create(organization=organization, departments=[group])
    body = {"schemas": [GROUP], "displayName": "Renamed"}
    renaming = partial(directory.send, "PUT", f"/Groups/{group.pk}", body)
    with ExitStack() as stack, transaction.atomic():
        lock_members(organization.pk, [member.user_id])
        member.department_memberships.all().delete()
        answer = stack.enter_context(in_background(renaming)).result(DEADLINE_SECONDS)

    assert answer.body["displayName"] == "Renamed"
    assert not group.memberships.exists()


def test_a_deadlock_repeats_the_whole_request(
    member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = Directory.of(member.organization)
    reads = []
    change = Users.change

    def deadlocked_once(users: Users, read: Member, requested: UserChange) -> None:
        reads.append(read)
        change(users, read, requested)
        if len(reads) == 1:
            raise OperationalError from DeadlockDetected()

    monkeypatch.setattr(Users, "change", deadlocked_once)

    assert renamed(directory, "PATCH", member).status == 200
    assert len(reads) == 2


def test_a_display_name_does_not_undo_a_change_of_the_address_at_the_same_moment(
    organization: Organization,
) -> None:
    directory = Directory.of(organization)
    user_id = directory.add("ada@example.com")
    member = Membership.objects.get(user=user_id)
    moving = partial(User.objects.filter(pk=user_id).update, email="countess@example.com")

    answer = result_after(moving, partial(renamed, directory, "PATCH", member))

    assert answer.body["displayName"] == "Ada"
    assert User.objects.get(pk=user_id).email == "countess@example.com"


def test_who_is_removed_while_they_are_renamed_is_not_found(member: Membership) -> None:
    directory = Directory.of(member.organization)

    answer = result_after(partial(remove, member), partial(renamed, directory, "PATCH", member))

    assert answer.status == 404


def test_who_is_removed_while_they_join_a_group_belongs_to_none(member: Membership) -> None:
    directory = Directory.of(member.organization)
    group = f"/Groups/{DepartmentFactory.create(organization=member.organization).pk}"
    joining = {"op": "add", "path": "members", "value": [{"value": member.user_id}]}

    answer = result_after(partial(remove, member), partial(directory.patch, group, joining))

    assert answer.status == 400
    assert not member.department_memberships.exists()


def test_who_becomes_a_member_while_their_account_is_waited_for_is_locked_as_one(
    member: Membership,
) -> None:
    """Memberships are locked before accounts: so the request begins anew, and is done."""
    directory = Directory.of(member.organization)
    remove(member)

    @transaction.atomic
    def locking() -> None:
        Users(directory.connection, "").lock(member.user_id)

    path = f"/Users/{member.user_id}"
    with ExitStack() as stack:
        with transaction.atomic():
            restore(member)
            locked = stack.enter_context(in_background(locking))
            answer = stack.enter_context(in_background(partial(directory.send, "DELETE", path)))
            until_somebody_waits_for_a_lock(2)
        assert answer.result().status == 204
        with pytest.raises(OvertakenError):
            locked.result()


def test_an_account_that_gets_another_address_while_it_is_found_is_not_added(
    organization: Organization,
) -> None:
    directory = Directory.of(organization)
    account = UserFactory.create(email="ada@example.com")
    adding = partial(directory.send, "POST", "/Users", new_user("ada@example.com"))
    moving = partial(User.objects.filter(pk=account.pk).update, email="ada@elsewhere.example")

    answer = result_after(moving, adding)

    assert answer.status == 201
    assert answer.body["id"] != account.pk
    assert not organization.memberships.filter(user=account).exists()
