"""Every statement of an invitation fails in every way: all or nothing, no wrong answer."""

from itertools import count

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from organizations.domains.service import set_domains
from organizations.models import Event, Invitation, Membership, RoleAssignment
from tests.concurrency import until_nobody_else_is_at_work
from tests.production import Answer, token_of
from tests.proof.faulty_line import DEADLOCK, SERIALIZATION_FAILURE, TIMEOUT, Fault
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from tests.proof.scene import Scene
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = "faults, each at one of the statements of an invitation"


def invite(scene: Scene, address: str) -> Answer:
    """Ask for an invitation, by a token that has asked for none yet."""
    organization = scene.owner.organization
    return scene.server.ask(
        "POST",
        f"/v1/organizations/{organization.pk}/users/invite/v2",
        token=token_of(scene.owner.user),
        body={
            "email": address,
            "full_name": "Nora New",
            "role_ids": [organization.roles.get(name="Member").pk],
            "custom_message": address,
        },
    )


def is_invited(address: str) -> bool:
    """Whether somebody is a member, with all that belongs to it; AssertionError for less."""
    traces = (
        User.objects.filter(email=address).count(),
        Membership.objects.filter(user__email=address).count(),
        RoleAssignment.objects.filter(user__email=address).count(),
        Event.objects.filter(user__email=address).count(),
        Invitation.objects.filter(membership__user__email=address).count(),
        ProcrastinateJob.objects.filter(queue_name="mail", args__message=address).count(),
    )
    assert set(traces) in ({0}, {1}), traces
    return bool(traces[0])


def answers_to_faults(scene: Scene, tally: Tally, *, sqlstate: str = "", after: bool) -> list[int]:
    """Return the status of each invitation at one of whose statements the fault happened."""
    set_domains(scene.owner.organization_id, ["acme.example"])
    answers = []
    for number in count(1):
        address = f"n{number}@acme.example"
        assert invite(scene, f"before-{address}").status == 201
        Invitation.objects.update(created_at="2025-01-01T00:00:00Z")
        fault = Fault(number, sqlstate=sqlstate, after=after)
        scene.line.expect(fault)
        answer = invite(scene, address)
        if not fault.happened.is_set():
            break
        until_nobody_else_is_at_work()
        invited = is_invited(address)
        assert answer.status in {201, 500, 503}, answer.body
        assert invited or answer.status != 201
        # The next request works, and tells whether the first was done.
        assert invite(scene, address).status == (409 if invited else 201)
        assert is_invited(address)
        assert broken_invariants() == []
        answers.append(answer.status)
        tally(FAULTS)
    assert len(answers) > 20
    return answers


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_the_line_is_cut_at_any_statement(scene: Scene, tally: Tally, after: bool) -> None:
    answers = answers_to_faults(scene, tally, after=after)

    # A connection that is found dead before the first statement is replaced.
    assert set(answers[1:]) == {503}


@pytest.mark.parametrize("sqlstate", [TIMEOUT, DEADLOCK, SERIALIZATION_FAILURE])
def test_any_statement_fails_on_the_server(scene: Scene, tally: Tally, sqlstate: str) -> None:
    answers = answers_to_faults(scene, tally, sqlstate=sqlstate, after=False)

    if sqlstate == TIMEOUT:
        assert 201 not in answers[1:]
    else:  # what PostgreSQL undid for others is tried again, up to and with the commit
        assert answers.count(201) > len(answers) / 2
