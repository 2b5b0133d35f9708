"""A request is refused whose caller loses what they may while it waits for a lock."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from organizations.assignment.service import assign
from organizations.connections.service import disable
from organizations.connections.tokens import issue_token
from organizations.deactivation.service import deactivate_members
from organizations.guards.caller import Operator
from organizations.models import (
    Connection,
    Department,
    Event,
    Membership,
    Removal,
    ResourceEntry,
    Restoration,
    Role,
    ScheduledRemoval,
    TokenBinding,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests.concurrency import all_at_once, result_after, result_while_waiting
from tests.factories import MembershipFactory
from tests.production import token_of
from tests.programs import connect_program
from tests.proof.api_requests import REQUESTS
from tests.proof.cast import Cast, code_of, make_cast
from tests.proof.figures import Tally
from tests.proof.test_request_permissions import ask
from tests.removals import remove
from users.models import AccessToken, User

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES = {key: request for key, request in REQUESTS.items() if key[0] != "get"}


def is_removed(caller: Membership) -> None:
    remove(caller)


def is_deactivated(caller: Membership) -> None:
    deactivate_members(
        caller.organization_id, [caller.user_id], transfer_to=None, caller=Operator()
    )


def loses_the_role(caller: Membership) -> None:
    assign(
        caller.organization_id,
        caller.user_id,
        role_ids=[],
        department_ids=None,
        caller=Operator(),
    )


LOSSES: dict[Callable[[Membership], None], str] = {
    is_removed: "ORGANIZATION_ACCESS_DENIED",
    is_deactivated: "ORGANIZATION_ACCESS_DENIED",
    loses_the_role: "INSUFFICIENT_PERMISSIONS",
}


def asking(cast: Cast, token: str, key: tuple[str, str]) -> Callable[[], Any]:
    """Return a call that sends a request with a token."""
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")
    return partial(ask, client, key[0], REQUESTS[key], cast, "this organization")


def state(caller: Membership) -> list[Any]:
    """All that any of these requests could change, but the caller."""
    others = Membership.objects.exclude(pk=caller.pk)
    return [
        sorted(others.values_list("pk", "deleted_at", "deactivated_at")),
        sorted(others.values_list("pk", "role_assignments__role"), key=str),
        sorted(User.objects.values_list("pk")),
        sorted(Removal.objects.exclude(membership=caller).values_list("pk")),
        sorted(Restoration.objects.values_list("pk")),
        sorted(ScheduledRemoval.objects.values_list("pk", "status")),
        sorted(Department.objects.values_list("pk", "name")),
        sorted(Role.objects.values_list("pk", "name", "capabilities")),
        sorted(WebhookEndpoint.objects.values_list("pk", "disabled_at", "secret_version"), key=str),
        sorted(Connection.objects.values_list("pk", "rotated_by"), key=str),
        sorted(ResourceEntry.objects.values_list("pk", "name")),
        sorted(WebhookDelivery.objects.values_list("pk", "attempts")),
        sorted(Event.objects.exclude(user=caller.user).values_list("pk")),
    ]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_a_caller_who_loses_it_while_their_request_waits_is_refused_and_nothing_is_done(
    tally: Tally, subtests: pytest.Subtests, loss: Callable[[Membership], None]
) -> None:
    cast = make_cast()
    for key in CHANGES:
        caller = MembershipFactory.create(organization=cast.organization, roles=["Admin"])
        call = asking(cast, token_of(caller.user), key)
        before = state(caller)
        with subtests.test(request=key):
            response = result_after(partial(loss, caller), call)

            assert (code_of(response), response.status_code) == (LOSSES[loss], 403)
            assert state(caller) == before
        tally("requests whose caller lost what they may meanwhile")


def is_revoked(made: Connection) -> None:
    disable(made)


def loses_the_capability(made: Connection) -> None:
    Connection.objects.filter(pk=made.pk).update(capabilities=["manage_billing"])


def loses_the_token(made: Connection) -> None:
    issue_token(made, revoke_old=True)


LOSSES_OF_PROGRAMS: dict[Callable[[Connection], None], tuple[str, int]] = {
    is_revoked: ("TOKEN_INVALID", 401),
    loses_the_token: ("TOKEN_INVALID", 401),
    loses_the_capability: ("INSUFFICIENT_PERMISSIONS", 403),
}


@pytest.mark.parametrize("loss", LOSSES_OF_PROGRAMS, ids=lambda loss: loss.__name__)
def test_so_is_a_program_whose_connection_is_revoked_meanwhile(
    tally: Tally, subtests: pytest.Subtests, loss: Callable[[Connection], None]
) -> None:
    cast = make_cast()
    nobody = MembershipFactory.create(organization=cast.organization)
    for key in (key for key in CHANGES if not CHANGES[key].takes_a_person):
        made, token = connect_program(cast.organization, "override_all_permissions")
        Connection.objects.filter(pk=made.pk).update(last_used_on=timezone.now().date())
        call = asking(cast, token, key)
        before = state(nobody)
        with subtests.test(request=key):
            response = result_after(partial(loss, made), call)

            assert (code_of(response), response.status_code) == LOSSES_OF_PROGRAMS[loss]
            assert state(nobody) == before
        tally("requests whose caller lost what they may meanwhile")


def revoked(member: Membership) -> None:
    AccessToken.objects.filter(user=member.user).update(revoked_at="2025-01-01T00:00:00Z")


def deleted(member: Membership) -> None:
    AccessToken.objects.filter(user=member.user).delete()


def disabled(member: Membership) -> None:
    User.objects.filter(pk=member.user_id).update(is_active=False)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (revoked, "TOKEN_INVALID"),
        (deleted, "TOKEN_INVALID"),
        (disabled, "ORGANIZATION_ACCESS_DENIED"),
    ],
)
def test_a_token_or_account_that_ends_while_a_removal_waits_removes_nobody(
    loss: Callable[[Membership], None], expected: str
) -> None:
    cast = make_cast()
    caller = MembershipFactory.create(organization=cast.organization, roles=["Admin"])
    call = asking(cast, token_of(caller.user), ("delete", "organization-user"))
    target = cast.organization.memberships.get(user=cast.users["target member"])

    response = result_while_waiting(
        partial(Membership.objects.select_for_update().get, pk=target.pk),
        call,
        partial(loss, caller),
    )

    assert code_of(response) == expected
    target.refresh_from_db()
    assert target.is_current


def test_a_token_whose_membership_ends_while_a_removal_waits_removes_nobody() -> None:
    cast = make_cast()
    caller = MembershipFactory.create(organization=cast.organization, roles=["Admin"])
    token = token_of(caller.user)
    TokenBinding.objects.create(token=caller.user.access_tokens.get(), membership=caller)
    call = asking(cast, token, ("delete", "organization-user"))

    response = result_after(lambda: remove(caller), call)

    assert code_of(response) == "TOKEN_INVALID"


@pytest.mark.parametrize("turn", range(5))
def test_of_two_who_remove_each_other_at_once_one_is_done_and_one_refused(turn: int) -> None:
    cast = make_cast()
    one, other = MembershipFactory.create_batch(2, organization=cast.organization, roles=["Admin"])

    def removing(caller: Membership, target: Membership) -> Callable[[], Any]:
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {token_of(caller.user)}")
        address = f"{cast.organization_path('this organization')}/users/{target.user_id}"
        return partial(client.delete, address, {"confirm": True})

    responses = all_at_once(removing(one, other), removing(other, one))

    assert sorted(map(code_of, responses)) == ["", "ORGANIZATION_ACCESS_DENIED"]
    assert Membership.objects.current().filter(pk__in=[one.pk, other.pk]).count() == 1
