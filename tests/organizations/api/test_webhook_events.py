"""What the description says of each type of event, and what is really sent."""

import json

import pytest

from organizations.api.webhook_events import CONTENT
from organizations.assignment.service import add_member
from organizations.domains.service import set_domains
from organizations.events.delivery import body_of
from organizations.events.endpoints import send_test
from organizations.guards.caller import Operator
from organizations.handover.closing import State
from organizations.handover.overdue import report_overdue
from organizations.invitation.delivery import attempt
from organizations.models import Event, Membership
from organizations.resources.deletion import delete
from organizations.schedule.due import carry_out
from organizations.schedule.service import cancel_scheduled_removal
from organizations.transfer.service import transfer_resources
from tests.deactivations import deactivate, reactivate
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    ResourceFactory,
    UserFactory,
    WebhookEndpointFactory,
)
from tests.organizations.assignment.verbs import change
from tests.organizations.handover.verbs import change as change_task
from tests.organizations.handover.verbs import removed
from tests.organizations.invitation.mail_server import mail_server
from tests.organizations.invitation.verbs import invited
from tests.organizations.restoration.verbs import restore
from tests.organizations.scim.caller import Directory, new_user
from tests.schedules import due, schedule

pytestmark = pytest.mark.django_db


def described(event_type: str) -> tuple[set[str], set[str]]:
    """Return what data of this type must have, and what it may have."""
    [body] = [
        each
        for each in CONTENT["schema"]["oneOf"]
        if each["properties"]["type"]["const"] == event_type
    ]
    data = body["properties"]["data"]
    return set(data["required"]), set(data["properties"])


def test_what_is_sent_of_every_type_has_what_is_described_and_nothing_else(
    owner: Membership,
) -> None:
    organization = owner.organization
    department = DepartmentFactory.create(organization=organization)
    owned = ResourceFactory.create(organization=organization, owner=owner.user)
    leaver = MembershipFactory.create(organization=organization)
    add_member(organization.pk, UserFactory.create().pk, caller=Operator())
    change(leaver, departments=[department])
    for target in (owner.user_id, department.pk, None):
        deactivate(leaver, transfer_to=target)
        reactivate(leaver)
    schedule(leaver)
    cancel_scheduled_removal(organization.pk, leaver.user_id, caller=Operator())
    carry_out(due(owner).pk)
    ResourceFactory.create(organization=organization, owner=leaver.user)
    OffboardingStepFactory.create(organization=organization, due_days=0)
    [task] = removed(leaver)
    report_overdue()
    for state in (State.DONE, State.OPEN):
        change_task(task, state)
    transfer_resources(
        organization.pk, [leaver.user_id], transfer_to=department.pk, caller=Operator()
    )
    restore(leaver)
    Directory.of(organization).send("POST", "/Users", new_user(leaver.user.email))
    delete(organization.pk, owned.pk, caller=Operator())
    set_domains(organization.pk, ["acme.example"])
    with mail_server() as server:
        server.answers["RCPT"] = "550 No such mailbox"
        attempt(invited(owner).pk, "")
    endpoint = WebhookEndpointFactory.create(organization=organization)
    send_test(organization.pk, endpoint.pk, caller=Operator())

    sent = [json.loads(body_of(event)) for event in Event.objects.all()]

    assert {body["type"] for body in sent} == set(Event.Type)
    for body in sent:
        required, possible = described(body["type"])
        assert required <= set(body["data"]) <= possible, body


@pytest.mark.parametrize("event_type", Event.Type)
def test_every_type_has_an_example_that_is_as_described(event_type: Event.Type) -> None:
    example = CONTENT["examples"][event_type]["value"]

    required, possible = described(event_type)

    assert example["type"] == event_type
    assert required <= set(example["data"]) <= possible
