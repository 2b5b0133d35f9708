"""Registering at the same moment as something else, on connections of their own."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection

from organizations.guards.caller import Operator
from organizations.models import (
    Event,
    Membership,
    Organization,
    Removal,
    Resource,
    ResourceEntry,
    ResourceType,
)
from organizations.resources.deletion import delete
from organizations.resources.registration import OWNER_DEPARTMENT, Registration
from organizations.resources.registration_decision import Decision, Result
from organizations.resources.service import register
from tests.concurrency import all_at_once, result_after
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    ResourceFactory,
)
from tests.proof.invariants import broken_invariants
from tests.removals import remove

pytestmark = pytest.mark.django_db(transaction=True)


def wanted(key: str, owner: Membership | None = None, **fields: Any) -> Registration:
    user_id = owner.user_id if owner else None
    return Registration(
        **{"type": "repo", "external_id": key, "name": "thing", "owner": user_id} | fields
    )


def registering(organization: Organization, *asked: Registration) -> list[str]:
    """Register these; return what became of each."""
    return [said(each) for each in register(organization.pk, asked, caller=Operator())]


def said(decision: Decision) -> str:
    return decision.refusal.code if decision.refusal else str(decision.result)


CREATED, UPDATED, UNCHANGED = (str(result) for result in Result)


def test_an_import_waits_for_the_removal_of_an_owner_and_says_that_they_left(
    organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)

    outcomes = result_after(
        partial(remove, member),
        partial(registering, organization, wanted("a", member), wanted("b", owner)),
    )

    assert outcomes == ["USER_NOT_FOUND", CREATED]
    assert Resource.objects.get().owner == owner.user
    assert Removal.objects.get().resource_count == 0
    assert broken_invariants() == []


def test_a_removal_waits_for_an_import_and_takes_it_along(
    organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)

    result_after(
        partial(registering, organization, wanted("a", member)),
        partial(remove, member, transfer_to=owner.user_id),
    )

    assert Resource.objects.get().owner == owner.user
    assert Removal.objects.get().resource_count == 1
    assert broken_invariants() == []


def test_a_removal_counts_nothing_that_was_given_away_meanwhile(
    organization: Organization, owner: Membership
) -> None:
    """The present owner is locked, too, though nothing but the new one is named."""
    member = MembershipFactory.create(organization=organization)
    registering(organization, wanted("a", member))

    result_after(
        partial(registering, organization, wanted("a", owner)),
        partial(remove, member),
    )

    assert Removal.objects.get().resource_count == 0
    assert broken_invariants() == []


def test_what_passes_on_while_an_import_waits_is_seen_where_it_went(
    organization: Organization, owner: Membership
) -> None:
    member, heir = MembershipFactory.create_batch(2, organization=organization)
    registering(organization, wanted("a", member))

    outcomes = result_after(
        partial(remove, member, transfer_to=heir.user_id),
        partial(registering, organization, wanted("a", name="Renamed")),
    )

    assert outcomes == [UPDATED]
    resource = Resource.objects.get()
    assert (resource.name, resource.owner) == ("Renamed", heir.user)
    assert resource.removal == Removal.objects.get()
    assert broken_invariants() == []


@pytest.mark.parametrize("again", range(3))
def test_of_two_imports_of_the_same_keys_one_makes_them(
    organization: Organization, owner: Membership, again: int
) -> None:
    keys = [str(number) for number in range(20)]
    forwards = [wanted(key, owner, type=f"type-{key}") for key in keys]

    done = all_at_once(
        partial(registering, organization, *forwards),
        partial(registering, organization, *reversed(forwards)),
    )

    assert sorted(done) == [[CREATED] * 20, [UNCHANGED] * 20]
    assert ResourceEntry.objects.count() == Resource.objects.count() == 20


def test_two_at_once_name_no_type_too_many(organization: Organization, owner: Membership) -> None:
    ResourceType.objects.bulk_create(
        ResourceType(organization=organization, slug=f"type-{number}") for number in range(99)
    )

    done = all_at_once(
        *(
            partial(registering, organization, wanted("a", owner, type=slug))
            for slug in ("one-more", "another")
        )
    )

    assert sorted(done) == sorted([[CREATED], ["TOO_MANY_RESOURCE_TYPES"]])
    assert ResourceType.objects.count() == 100


def test_what_is_registered_with_the_key_of_one_that_is_being_deleted_is_made_anew(
    organization: Organization, owner: Membership
) -> None:
    registering(organization, wanted("a", owner))
    first = Resource.objects.get()

    outcomes = result_after(
        partial(delete, organization.pk, first.pk, caller=Operator()),
        partial(registering, organization, wanted("a", owner, name="Renamed")),
    )

    assert outcomes == [CREATED]
    assert Resource.objects.get().pk != first.pk


def test_a_department_that_is_deleted_meanwhile_is_not_found(
    organization: Organization, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization)
    given = replace(wanted("a"), owner=department.pk, owner_field=OWNER_DEPARTMENT)

    outcomes = result_after(department.delete, partial(registering, organization, given))

    assert outcomes == ["DEPARTMENT_NOT_FOUND"]
    assert not Resource.objects.exists()


@pytest.mark.parametrize("broken_at", range(1, 12))
def test_an_import_that_fails_anywhere_leaves_nothing_behind(
    organization: Organization, owner: Membership, broken_at: int
) -> None:
    """It makes, renames, and changes an owner, so that it has every statement there is."""
    member = MembershipFactory.create(organization=organization)
    for key in ("given", "renamed"):
        ResourceFactory.create(
            organization=organization, owner=member.user, type="repo", external_id=key
        )
    asked = [wanted("given", owner), wanted("renamed", name="New"), wanted("a", owner, type="new")]
    before = sorted(ResourceEntry.objects.values_list("pk", "name", "resource__owner"))
    executed = 0

    def fail(execute: Callable[..., Any], *call: Any) -> Any:
        nonlocal executed
        executed += 1
        if executed == broken_at:
            raise OperationalError("the line is cut")
        return execute(*call)

    with connection.execute_wrapper(fail):
        try:
            outcomes = registering(organization, *asked)
        except OperationalError:
            outcomes = []

    after = sorted(ResourceEntry.objects.values_list("pk", "name", "resource__owner"))
    if outcomes:
        assert executed < broken_at
        assert outcomes == [UPDATED, UPDATED, CREATED]
        assert Event.objects.count() == 1
    else:
        assert after == before
        assert not ResourceType.objects.filter(slug="new").exists()
        assert not Event.objects.exists()
    assert broken_invariants() == []
