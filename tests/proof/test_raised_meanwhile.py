"""A request is refused if somebody rises above its caller while it waits for a lock."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from organizations.assignment.service import assign
from organizations.guards.caller import Operator
from organizations.models import Event, Membership, Role
from tests.concurrency import in_background, result_after, until_somebody_waits_for_a_lock
from tests.factories import MembershipFactory, RoleFactory
from tests.production import token_of
from tests.proof.cast import ABLE, Cast, code_of, make_cast
from tests.proof.test_meanwhile import CHANGES, asking
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

ON_A_PERSON = [key for key, request in CHANGES.items() if "{user}" in request.path]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def give(member: Membership, *names: str) -> None:
    roles = member.organization.roles.filter(name__in=names).values_list("pk", flat=True)
    assign(
        member.organization_id,
        member.user_id,
        role_ids=list(roles),
        department_ids=None,
        caller=Operator(),
    )


def answer_after(change: Callable[[], object], account: User, call: Callable[[], Any]) -> Any:
    """Return the answer of a request that waits for somebody while the change is made."""
    with ExitStack() as both:
        with transaction.atomic():
            Membership.objects.filter(user=account).select_for_update().first()
            User.objects.select_for_update(no_key=True).get(pk=account.pk)
            waiting = both.enter_context(in_background(call))
            until_somebody_waits_for_a_lock()
            change()
        return waiting.result()


@pytest.mark.parametrize("key", ON_A_PERSON, ids=lambda key: "-".join(key))
def test_nobody_acts_on_who_is_raised_above_them_meanwhile(
    cast: Cast, key: tuple[str, str]
) -> None:
    account = cast.users[f"target {CHANGES[key].about}"]
    call = asking(cast, cast.tokens["role with the capability"], key)
    member = cast.organization.memberships.current().filter(user=account).first()
    before = Event.objects.exclude(source="command").count()

    def raised() -> None:
        if member:
            give(member, "Member", "Admin")
        else:  # what the record of their removal names grants more by now
            Role.objects.filter(pk=cast.member_role).update(capabilities=["manage_billing"])

    response = answer_after(raised, account, call)

    is_hidden = key == ("post", "transfer")  # a removal that the caller may not know
    assert code_of(response) == ("USER_NOT_FOUND" if is_hidden else "INSUFFICIENT_PERMISSIONS")
    assert Event.objects.exclude(source="command").count() == before


def test_in_bulk_who_is_raised_meanwhile_is_refused_and_the_others_go(cast: Cast) -> None:
    other = MembershipFactory.create(organization=cast.organization)
    account = cast.users["target member"]
    member = cast.organization.memberships.get(user=account)
    client = cast.client("role with the capability")

    def call() -> Any:
        address = f"{cast.organization_path('')}/users/delete-bulk"
        return client.post(address, {"confirm": True, "user_ids": [account.pk, other.user_id]})

    response = answer_after(lambda: give(member, "Admin"), account, call)

    assert [each["outcome"] for each in response.json()["results"]] == ["refused", "removed"]


@pytest.mark.parametrize("key", ON_A_PERSON, ids=lambda key: "-".join(key))
def test_a_role_that_grants_less_meanwhile_is_not_enough(cast: Cast, key: tuple[str, str]) -> None:
    role = RoleFactory.create(organization=cast.organization, capabilities=ABLE)
    caller = MembershipFactory.create(organization=cast.organization, roles=[role])
    call = asking(cast, token_of(caller.user), key)
    account = cast.users[f"target {CHANGES[key].about}"]
    before = Event.objects.count()

    response = answer_after(
        lambda: Role.objects.filter(pk=role.pk).update(capabilities=["view_audit_log"]),
        account,
        call,
    )

    assert code_of(response) == "INSUFFICIENT_PERMISSIONS"
    assert Event.objects.count() == before


@pytest.mark.parametrize("way", ["given", "restored"])
def test_who_is_an_owner_no_more_makes_nobody_an_owner(cast: Cast, way: str) -> None:
    caller = MembershipFactory.create(organization=cast.organization, roles=["Owner", "Admin"])
    owner_role = cast.organization.roles.get(is_owner=True)
    target = MembershipFactory.create(organization=cast.organization, roles=["Owner"])
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {token_of(caller.user)}")
    address = f"{cast.organization_path('')}/users/{target.user_id}"
    if way == "given":
        give(target, "Member")
    else:
        assert client.delete(address, {"confirm": True}).status_code == 204

    def call() -> Any:
        if way == "restored":
            return client.post(f"{address}/restore", {"confirm": True})
        body = {"role_ids": [owner_role.pk], "department_ids": []}
        return client.patch(f"{address}/memberships", body)

    response = result_after(lambda: give(caller, "Admin"), call)

    assert response.json()["error"]["details"] == {"required_role_id": owner_role.pk}
    assert not owner_role.assignments.filter(user=target.user).exists()
