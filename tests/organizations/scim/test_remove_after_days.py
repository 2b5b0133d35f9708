"""Members are removed some days after their directory deactivated them."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.utils import timezone
from structlog.testing import capture_logs

from organizations.connections.service import disable
from organizations.deactivation.service import deactivate_members, reactivate_members
from organizations.exceptions import LastOwnerCannotBeRemovedError
from organizations.guards.caller import Operator
from organizations.models import Connection, Event, Membership, Organization, Removal, Source
from organizations.removal.service import RemovalOutcome
from organizations.scim.remove_after_days import (
    _leavers_due,
    remove_leaver,
    remove_leavers,
    take_up_leavers,
)
from tests.callers import CallerWith
from tests.clocks import set_clock_ahead
from tests.directories import connect
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.restoration.verbs import restore
from tests.organizations.scim.caller import OFF, Directory
from tests.organizations.scim.populate import populate
from tests.removals import remove
from tests.sequential_scans import analyze, rows_read
from tests.workers import work
from users.models import User

pytestmark = pytest.mark.django_db

A_MONTH = timedelta(days=30)

# One of each member, by nobody.
EVENTS = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO organizations_event (
        id, type, organization_id, user_id, source, reason, data, trace_id, created_at
    )
    SELECT 'evt_' || id, 'member.deactivated', organization_id, user_id, 'api', '', '{}', '', now()
    FROM organizations_membership WHERE organization_id = %s;
    SET LOCAL session_replication_role = DEFAULT;
"""


@pytest.fixture
def directory(organization: Organization) -> Connection:
    connection, _ = connect(organization, remove_after_days=30)
    return connection


@pytest.fixture
def leaver(directory: Connection) -> Membership:
    """Somebody whom the directory deactivated thirty days ago."""
    member = MembershipFactory.create(organization=directory.organization, roles=["Member"])
    deactivate(member, directory, ago=A_MONTH)
    return member


def deactivate(member: Membership, by: Connection | None, *, ago: timedelta) -> None:
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(timezone, "now", lambda now=timezone.now: now() - ago)
        [outcome] = deactivate_members(
            member.organization_id,
            [member.user_id],
            transfer_to=None,
            caller=CallerWith(source=Source.SCIM if by else Source.COMMAND, connection=by),
        )
    assert outcome.refusal is None


def reactivate(member: Membership) -> None:
    reactivate_members(member.organization_id, [member.user_id], caller=Operator())


def is_member(member: Membership) -> bool:
    member.refresh_from_db()
    return bool(member.is_current)


def test_a_leaver_is_removed_when_the_days_are_over(
    leaver: Membership, directory: Connection
) -> None:
    remove_leavers()

    assert not is_member(leaver)
    record = Removal.objects.get()
    assert (record.source, record.actor, record.connection) == (Source.SCIM, None, directory)
    assert record.reason == "Deactivated for 30 days."
    event = Event.objects.get(type=Event.Type.MEMBER_REMOVED)
    assert (event.source, event.connection) == (Source.SCIM, directory)


@pytest.mark.parametrize("disables", [False, True])
def test_a_leavers_account_for_the_admin_is_disabled_then_if_the_connection_says_so(
    directory: Connection, leaver: Membership, disables: bool
) -> None:
    User.objects.filter(pk=leaver.user_id).update(is_staff=True)
    Connection.objects.update(disable_staff=disables)

    remove_leavers()

    assert Removal.objects.get().membership == leaver
    assert User.objects.get(pk=leaver.user_id).is_active is not disables


@pytest.mark.parametrize(
    ("by_directory", "ago"),
    [(True, A_MONTH - timedelta(minutes=1)), (False, A_MONTH)],
    ids=["before the days are over", "by somebody else"],
)
def test_whom_the_directory_did_not_deactivate_long_enough_ago_stays(
    directory: Connection, by_directory: bool, ago: timedelta
) -> None:
    member = MembershipFactory.create(organization=directory.organization)
    deactivate(member, directory if by_directory else None, ago=ago)

    remove_leavers()

    assert is_member(member)


def test_by_a_wrong_clock_of_the_worker_nobody_is_removed(
    monkeypatch: pytest.MonkeyPatch, directory: Connection
) -> None:
    member = MembershipFactory.create(organization=directory.organization)
    deactivate(member, directory, ago=A_MONTH - timedelta(minutes=1))

    set_clock_ahead(monkeypatch)
    remove_leavers()

    assert is_member(member)


def test_whom_somebody_else_deactivated_after_a_return_stays(leaver: Membership) -> None:
    reactivate(leaver)
    deactivate(leaver, None, ago=A_MONTH)

    remove_leavers()

    assert is_member(leaver)


def test_who_came_back_after_a_removal_stays(leaver: Membership) -> None:
    remove(leaver)
    again = MembershipFactory.create(organization=leaver.organization, user=leaver.user)
    deactivate(again, None, ago=A_MONTH)

    remove_leavers()

    assert is_member(again)


def restored(member: Membership) -> Membership:
    """Restore a former member; return the membership that this began."""
    restore(member)
    return Membership.objects.current().get(user=member.user_id)


@pytest.mark.parametrize("who", ["connection", "staff"])
def test_whom_staff_restored_stays_as_they_were_restored(
    leaver: Membership, directory: Connection, who: str
) -> None:
    if who == "connection":
        remove_leavers()
    else:
        remove(leaver)
    again = restored(leaver)
    assert again.deactivated_at is not None

    remove_leavers()

    assert is_member(again)


def test_who_was_restored_and_removed_and_restored_once_more_stays(leaver: Membership) -> None:
    remove_leavers()
    remove(restored(leaver))
    again = restored(leaver)

    remove_leavers()

    assert is_member(again)


def test_whom_the_directory_deactivates_again_after_the_restoration_is_removed(
    leaver: Membership, directory: Connection
) -> None:
    remove_leavers()
    again = restored(leaver)
    reactivate(again)
    deactivate(again, directory, ago=A_MONTH - timedelta(seconds=1))
    remove_leavers()
    assert is_member(again)

    reactivate(again)
    deactivate(again, directory, ago=A_MONTH)
    remove_leavers()

    assert not is_member(again)


def test_who_is_found_deactivated_by_the_next_directory_stays(
    leaver: Membership, directory: Connection
) -> None:
    disable(directory)
    successor = Directory.of(directory.organization, remove_after_days=30)

    assert successor.patch(f"/Users/{leaver.user_id}", OFF).status == 200
    remove_leavers()

    assert is_member(leaver)


@pytest.mark.parametrize("change", ["disabled", "without a number of days"])
def test_a_connection_that_removes_nobody_leaves_them(
    leaver: Membership, directory: Connection, change: str
) -> None:
    if change == "disabled":
        disable(directory)
    else:
        Connection.objects.update(remove_after_days=None)

    remove_leavers()

    assert is_member(leaver)


def test_it_is_asked_again_in_the_transaction_whether_they_still_leave(
    leaver: Membership, directory: Connection
) -> None:
    reactivate(leaver)  # after it was seen that they are due

    remove_leaver(directory.pk, leaver.user_id)

    assert is_member(leaver)


def test_what_a_leaver_owns_passes_to_the_connections_department(
    leaver: Membership, directory: Connection
) -> None:
    reactivate(leaver)
    owned = ResourceFactory.create(organization=leaver.organization, owner=leaver.user)
    deactivate(leaver, directory, ago=A_MONTH)
    department = DepartmentFactory.create(organization=leaver.organization)
    Connection.objects.update(transfer_on_removal=department)

    remove_leavers()

    owned.refresh_from_db()
    assert owned.department == department


def test_all_who_are_due_are_removed_a_few_at_a_time(
    directory: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("organizations.scim.remove_after_days.AT_A_TIME", 2)
    leavers = MembershipFactory.create_batch(5, organization=directory.organization)
    for member in leavers:
        deactivate(member, directory, ago=A_MONTH)

    remove_leavers()

    assert not any(is_member(member) for member in leavers)
    assert Removal.objects.count() == 5


def test_a_leaver_who_cannot_be_removed_is_logged_once_a_day(
    leaver: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = RemovalOutcome(leaver.user_id, refusal=LastOwnerCannotBeRemovedError())
    service = "organizations.scim.remove_after_days.remove_members"
    monkeypatch.setattr(service, lambda *_, **__: [refused])

    with capture_logs() as logged:
        remove_leavers()
        remove_leavers()

    assert [entry["event"] for entry in logged] == ["leaver_not_removed"]


def test_among_many_members_it_is_read_who_leaves(directory: Connection) -> None:
    ids = populate(directory.organization, 5000)
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, [directory.organization_id])
    analyze("organizations_event")
    for member in Membership.objects.filter(user__in=ids[1000:1003]):
        deactivate(member, directory, ago=timedelta(days=1))
    deactivate(Membership.objects.get(user=ids[2000]), directory, ago=A_MONTH)
    tables = ("organizations_membership", "organizations_event")
    before = rows_read(*tables)

    due = list(_leavers_due(directory).values_list("user", flat=True))

    assert due == [ids[2000]]
    assert rows_read(*tables) - before < 50


@pytest.mark.django_db(transaction=True)
def test_a_worker_removes_them(leaver: Membership) -> None:
    take_up_leavers.configure(task_kwargs={"timestamp": 0}).defer()
    work("schedule")

    assert not is_member(leaver)


def test_nobody_is_removed_at_once(directory: Connection) -> None:
    directory.remove_after_days = 0

    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        directory.full_clean()
    with pytest.raises(IntegrityError, match="scim_removal_after_a_day"):
        directory.save()
