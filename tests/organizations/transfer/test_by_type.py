"""Each type of what somebody owns passes to its own target, and the rest to the default."""

from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.errors import ContractError
from organizations.guards.caller import Operator
from organizations.guards.transfer_targets import Targets
from organizations.models import (
    Department,
    Event,
    Membership,
    Organization,
    Removal,
    RemovedResources,
    Resource,
)
from organizations.removal.preview import preview_removal
from organizations.transfer.service import TransferOutcome, transfer_resources
from tests.callers import CallerWith
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.removals import remove

OWNED = {"repository": 3, "document": 2, "approval": 1}


@pytest.fixture
def leaver(organization: Organization, owner: Membership) -> Membership:
    member = MembershipFactory.create(organization=organization)
    give(member)
    return member


@pytest.fixture
def heir(organization: Organization, owner: Membership) -> Membership:
    return MembershipFactory.create(organization=organization)


@pytest.fixture
def department(organization: Organization) -> Department:
    return DepartmentFactory.create(organization=organization)


def give(member: Membership) -> None:
    """Have a member own what `OWNED` says."""
    for type_name, count in OWNED.items():
        ResourceFactory.create_batch(
            count, organization=member.organization, owner=member.user, type=type_name
        )


def holders(organization: Organization) -> dict[tuple[str, str], int]:
    """Return how many resources of each type everybody has."""
    rows = Resource.objects.filter(organization=organization)
    return Counter(
        (type_name, owner or department)
        for type_name, owner, department in rows.values_list("type", "owner", "department")
    )


def transfer(*members: Membership, transfer_to: Targets) -> list[TransferOutcome]:
    """Deactivate members without a transfer, and then transfer what they own."""
    deactivate(*members)
    return transfer_resources(
        members[0].organization_id,
        [member.user_id for member in members],
        transfer_to=transfer_to,
        caller=CallerWith(),
    )


Pass = Callable[..., list[object]]
WAYS = pytest.mark.parametrize(
    "pass_on", [remove, deactivate, transfer], ids=["remove", "deactivate", "transfer"]
)


@WAYS
def test_a_named_type_passes_to_its_target_and_the_rest_to_the_default(
    leaver: Membership, heir: Membership, department: Department, pass_on: Pass
) -> None:
    targets = Targets(department.pk, {"repository": heir.user_id})

    pass_on(leaver, transfer_to=targets)

    assert holders(leaver.organization) == {
        ("repository", heir.user_id): 3,
        ("document", department.pk): 2,
        ("approval", department.pk): 1,
    }


@WAYS
def test_without_a_default_the_rest_stays(
    leaver: Membership, heir: Membership, department: Department, pass_on: Pass
) -> None:
    targets = Targets(by_type={"repository": heir.user_id, "approval": department.pk})

    pass_on(leaver, transfer_to=targets)

    assert holders(leaver.organization) == {
        ("repository", heir.user_id): 3,
        ("document", leaver.user_id): 2,
        ("approval", department.pk): 1,
    }


@WAYS
def test_a_type_that_nobody_owns_is_no_error(
    leaver: Membership, heir: Membership, pass_on: Pass
) -> None:
    pass_on(leaver, transfer_to=Targets(by_type={"unheard-of": heir.user_id}))

    assert set(holders(leaver.organization)) == {(t, leaver.user_id) for t in OWNED}


@WAYS
def test_what_others_own_and_what_is_of_other_organizations_stays(
    leaver: Membership, heir: Membership, department: Department, pass_on: Pass
) -> None:
    other = MembershipFactory.create(organization=leaver.organization)
    elsewhere = MembershipFactory.create(user=leaver.user)
    give(other)
    give(elsewhere)

    pass_on(leaver, transfer_to=Targets(department.pk, {"repository": heir.user_id}))

    assert Counter(Resource.objects.owned_by(other.user_id).values_list("type", flat=True)) == OWNED
    assert holders(elsewhere.organization) == {(t, leaver.user_id): n for t, n in OWNED.items()}
    assert sum(holders(leaver.organization).values()) == 2 * sum(OWNED.values())


def test_the_record_says_how_many_of_each_type_passed_to_whom(
    leaver: Membership, heir: Membership, department: Department
) -> None:
    targets = Targets(by_type={"repository": heir.user_id, "approval": department.pk})

    remove(leaver, transfer_to=targets)

    record = Removal.objects.get()
    assert (record.resource_count, record.transferred_to, record.transferred_to_user) == (
        *(6, None),
        None,
    )
    rows = RemovedResources.objects.order_by("type")
    assert [(row.removal, row.type, row.count, row.target) for row in rows] == [
        (record, "approval", 1, department.pk),
        (record, "document", 2, None),
        (record, "repository", 3, heir.user_id),
    ]


def test_the_default_of_the_record_is_what_was_asked_also_where_types_took_everything(
    leaver: Membership, heir: Membership, department: Department
) -> None:
    remove(leaver, transfer_to=Targets(department.pk, dict.fromkeys(OWNED, heir.user_id)))

    assert Removal.objects.get().transferred_to == department
    assert set(RemovedResources.objects.values_list("transferred_to_user", flat=True)) == {
        heir.user_id
    }


def test_each_move_names_the_type_and_whom_it_passed_to(
    leaver: Membership, heir: Membership
) -> None:
    remove(leaver, transfer_to=Targets(by_type={"repository": heir.user_id}))

    moves = Removal.objects.get().resource_moves.all()
    assert {(move.type, move.transferred_to_user_id) for move in moves} == {
        ("repository", heir.user_id)
    }
    assert len(moves) == OWNED["repository"]


def test_several_leavers_have_their_own_targets(
    leaver: Membership, heir: Membership, department: Department
) -> None:
    second = MembershipFactory.create(organization=leaver.organization)
    give(second)

    remove(
        leaver,
        second,
        transfer_to={
            leaver.user_id: Targets(department.pk, {"document": heir.user_id}),
            second.user_id: Targets(heir.user_id, {"document": department.pk}),
        },
    )

    assert holders(leaver.organization) == {
        ("repository", department.pk): 3,
        ("approval", department.pk): 1,
        ("document", heir.user_id): 2,
        ("repository", heir.user_id): 3,
        ("approval", heir.user_id): 1,
        ("document", department.pk): 2,
    }


@WAYS
@pytest.mark.parametrize(
    ("default", "by_type", "details"),
    [
        ("dept_none", {"approval": "usr_none"}, {"department_id": "dept_none"}),
        (None, {"b": "dept_none", "a": "usr_none"}, {"user_id": "usr_none", "type": "a"}),
        (None, {"b": "usr_none", "a": "dept_none"}, {"department_id": "dept_none", "type": "a"}),
    ],
    ids=["default first", "then by type: a person", "then by type: a department"],
)
def test_targets_are_checked_before_anything_is_written(
    leaver: Membership,
    pass_on: Pass,
    default: str | None,
    by_type: dict[str, str],
    details: dict[str, str],
) -> None:
    [outcome] = pass_on(leaver, transfer_to=Targets(default, by_type))

    refusal = getattr(outcome, "refusal", None)
    assert isinstance(refusal, ContractError)
    code = "TRANSFER_USER_NOT_FOUND" if "user_id" in details else "DEPARTMENT_NOT_FOUND"
    assert (refusal.code, refusal.details) == (code, details)
    assert set(holders(leaver.organization)) == {(t, leaver.user_id) for t in OWNED}
    leaver.refresh_from_db()
    assert leaver.is_current


@WAYS
def test_nobody_who_is_asked_to_leave_takes_over_a_type(leaver: Membership, pass_on: Pass) -> None:
    second = MembershipFactory.create(organization=leaver.organization)
    targets = Targets(by_type={"repository": second.user_id})

    outcomes = pass_on(leaver, second, transfer_to=targets)

    for outcome in outcomes:
        refusal = getattr(outcome, "refusal", None)
        assert isinstance(refusal, ContractError)
        assert refusal.details == {"user_id": second.user_id, "type": "repository"}


def test_the_event_of_a_deactivation_says_how_many_of_each_type_passed_to_whom(
    leaver: Membership, heir: Membership, department: Department
) -> None:
    deactivate(leaver, transfer_to=Targets(department.pk, {"repository": heir.user_id}))

    assert Event.objects.get(type="member.deactivated").data == {
        "resource_count": 6,
        "department_id": department.pk,
        "resources": [
            {"type": "approval", "count": 1, "department_id": department.pk},
            {"type": "document", "count": 2, "department_id": department.pk},
            {"type": "repository", "count": 3, "heir_id": heir.user_id},
        ],
    }


def test_a_transfer_has_an_event_for_each_target(
    leaver: Membership, heir: Membership, department: Department
) -> None:
    transfer(leaver, transfer_to=Targets(department.pk, {"repository": heir.user_id}))

    events = Event.objects.filter(type="resources.transferred", user=leaver.user)
    by_target = {
        event.data.get("heir_id") or event.data["department_id"]: (
            event.data["resource_count"],
            {each["type"]: each["count"] for each in event.data["resources"]},
        )
        for event in events
    }
    assert by_target == {
        department.pk: (3, {"approval": 1, "document": 2}),
        heir.user_id: (3, {"repository": 3}),
    }


def test_the_preview_counts_by_type(leaver: Membership) -> None:
    [preview] = preview_removal(leaver.organization_id, [leaver.user_id], caller=Operator())

    assert list(preview.resources.items()) == [("approval", 1), ("document", 2), ("repository", 3)]
    assert preview.resource_count == 6


def test_the_number_of_statements_does_not_depend_on_the_number_of_types(
    leaver: Membership, heir: Membership, department: Department
) -> None:
    second = MembershipFactory.create(organization=leaver.organization)
    give(second)
    fifty = {f"type-{number}": department.pk for number in range(47)}

    with CaptureQueriesContext(connection) as with_none:
        remove(leaver)
    with CaptureQueriesContext(connection) as with_many:
        remove(second, transfer_to=Targets(heir.user_id, {**fifty, "document": department.pk}))

    assert len(with_none) == len(with_many)
