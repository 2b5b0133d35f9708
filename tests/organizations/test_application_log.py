"""Every change of a membership is one line in the log, with ids and counts."""

from collections.abc import Callable

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks
from structlog.testing import capture_logs

from organizations.assignment.service import add_member, assign
from organizations.deactivation.service import deactivate_members, reactivate_members
from organizations.guards.caller import Caller
from organizations.models import Event, Membership, Source
from organizations.restoration.service import restore_members
from organizations.transfer.service import transfer_resources
from tests.callers import CallerWith
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory, UserFactory
from tests.removals import remove

Change = Callable[[Membership, Membership, Caller], object]


CHANGES: dict[str, Change] = {
    "member_added": lambda active, former, caller: add_member(
        active.organization_id, UserFactory.create().pk, caller=caller
    ),
    "member_updated": lambda active, former, caller: assign(
        active.organization_id, active.user_id, role_ids=[], department_ids=None, caller=caller
    ),
    "member_deactivated": lambda active, former, caller: deactivate_members(
        active.organization_id, [active.user_id], transfer_to=None, caller=caller
    ),
    "member_restored": lambda active, former, caller: restore_members(
        active.organization_id, [former.user_id], caller=caller
    ),
    "resources_transferred": lambda active, former, caller: transfer_resources(
        active.organization_id,
        [former.user_id],
        transfer_to=DepartmentFactory.create(organization=active.organization).pk,
        caller=caller,
    ),
}
BY_API = CallerWith(source=Source.API, trace_id="case-42")

each_change = pytest.mark.parametrize(("name", "change"), CHANGES.items(), ids=CHANGES)


@pytest.fixture
def active(owner: Membership) -> Membership:
    return MembershipFactory.create(organization=owner.organization, roles=["Member"])


@pytest.fixture
def former(owner: Membership) -> Membership:
    """Somebody who was removed and still owns a resource."""
    member = MembershipFactory.create(organization=owner.organization)
    ResourceFactory.create(organization=owner.organization, owner=member.user)
    remove(member)
    return member


@each_change
def test_a_change_is_one_line_that_names_its_event(
    active: Membership,
    former: Membership,
    name: str,
    change: Change,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with capture_logs() as logged, django_capture_on_commit_callbacks(execute=True):
        change(active, former, BY_API)

    [line] = logged
    event = Event.objects.get(type=name.replace("_", ".", 1))
    assert line == {
        "event": name,
        "log_level": "info",
        "event_id": event.pk,
        "organization_id": active.organization_id,
        "user_id": event.user_id,
        "actor_id": None,
        "connection_id": None,
        "source": "api",
        "trace_id": "case-42",
        **event.data,
    }


def test_a_reactivation_of_many_is_a_line_each(
    owner: Membership, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    members = MembershipFactory.create_batch(2, organization=owner.organization)
    user_ids = [member.user_id for member in members]
    deactivate_members(owner.organization_id, user_ids, transfer_to=None, caller=BY_API)

    with capture_logs() as logged, django_capture_on_commit_callbacks(execute=True):
        reactivate_members(owner.organization_id, user_ids, caller=BY_API)

    assert [(line["event"], line["user_id"]) for line in logged] == [
        ("member_reactivated", user_id) for user_id in user_ids
    ]


@each_change
def test_a_command_logs_no_line(
    active: Membership,
    former: Membership,
    name: str,
    change: Change,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with capture_logs() as logged, django_capture_on_commit_callbacks(execute=True):
        change(active, former, CallerWith(source=Source.COMMAND))

    assert not logged


def test_nothing_is_logged_before_the_commit(
    active: Membership,
    former: Membership,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks, capture_logs() as logged:
        CHANGES["member_deactivated"](active, former, BY_API)

    assert len(callbacks) == 1
    assert not logged
