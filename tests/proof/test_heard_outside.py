"""Any order of events, while webhook endpoints come and go: what happens is announced, once."""

from collections import Counter
from typing import Any

import pytest
from django.core.cache import cache
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from procrastinate.contrib.django.models import ProcrastinateJob

from organizations.assignment.service import add_member
from organizations.capabilities import Capability
from organizations.events.endpoints import MOST_ENDPOINTS, create_endpoint
from organizations.events.fan_out import FAN_OUT
from organizations.guards.caller import Operator
from organizations.models import Event, WebhookEndpoint
from organizations.removal.service import remove_members
from tests.callers import CallerWith
from tests.proof.figures import Tally
from tests.proof.machine import Machine, prove
from tests.proof.place import Place
from users.models import User

places, people = Machine.places, Machine.people


class HeardOutside(Machine):
    """Members come and go, and so does who outside hears of it."""

    def __init__(self) -> None:
        super().__init__()
        self.enabled: dict[str, dict[str, bool]] = {}  # by the ids of organization and endpoint
        self.seen: set[str] = set()
        self.announced: set[str] = set()
        last = ProcrastinateJob.objects.order_by("pk").last()
        self.jobs = ProcrastinateJob.objects.filter(
            task_name=FAN_OUT, pk__gt=last.pk if last else 0
        )

    def ask(self, place: Place, actor: User, method: str, path: str, body: Any = None) -> str:
        """Ask for something; return the code of what was refused, which is the first that is."""
        cache.clear()  # ten tests a minute are no limit here
        response = getattr(self.client_of(actor), method)(
            f"/v1/organizations/{place.organization.pk}/webhook-endpoints{path}", body
        )
        code = response.json()["error"]["code"] if response.status_code >= 400 else ""
        if actor.pk in self.disabled:
            assert code == "TOKEN_INVALID"
        elif not place.is_active(actor.pk):
            assert code == "ORGANIZATION_ACCESS_DENIED"
        elif Capability.OVERRIDE_ALL_PERMISSIONS not in place.capabilities(actor.pk):
            assert code == "INSUFFICIENT_PERMISSIONS"
        return str(code)

    def endpoints(self, place: Place) -> dict[str, bool]:
        return self.enabled.setdefault(place.organization.pk, {})

    @rule(place=places, user=people, name=st.sampled_from(["Owner", "Admin", "Member"]))
    def add(self, place: Place, user: User, name: str) -> None:
        if user.pk not in place.members:
            role = place.organization.roles.get(name=name)
            add_member(place.organization.pk, user.pk, role_ids=[role.pk], caller=CallerWith())
            place.add(user.pk, [name], [])

    @rule(place=places, users=st.lists(people, min_size=1, max_size=3))
    def remove(self, place: Place, users: list[User]) -> None:
        """Several are removed together: what happens in one transaction is one job."""
        asked = [user.pk for user in users]
        for outcome in remove_members(
            place.organization.pk, asked, transfer_to=None, caller=CallerWith()
        ):
            if outcome.removal_id:
                place.remove(outcome.user_id, None)

    @rule(place=places)
    def listen(self, place: Place) -> None:
        """Somebody who is not among these people makes an endpoint, if there is none enabled."""
        if not any(self.endpoints(place).values()) and len(self.endpoints(place)) < MOST_ENDPOINTS:
            made = create_endpoint(
                place.organization.pk,
                url="https://8.8.8.8/hook",
                event_types=[],
                description="",
                caller=Operator(),
            )
            self.endpoints(place)[made.pk] = True

    @rule(place=places, actor=people)
    def make_endpoint(self, place: Place, actor: User) -> None:
        code = self.ask(place, actor, "post", "", {"url": "https://8.8.8.8/hook"})
        if not code:
            [made] = (
                set(place.organization.webhook_endpoints.values_list("pk", flat=True))
                - self.endpoints(place).keys()
            )
            self.endpoints(place)[made] = True
        elif code == "TOO_MANY_WEBHOOK_ENDPOINTS":
            assert len(self.endpoints(place)) == MOST_ENDPOINTS

    @rule(place=places, actor=people, data=st.data(), status=st.sampled_from([True, False]))
    def set_status(self, place: Place, actor: User, data: Any, status: bool) -> None:
        endpoint = self.one_of(place, data)
        body = {"status": "enabled" if status else "disabled"}
        if endpoint and not self.ask(place, actor, "patch", f"/{endpoint}", body):
            self.endpoints(place)[endpoint] = status

    @rule(place=places, actor=people, data=st.data())
    def delete_endpoint(self, place: Place, actor: User, data: Any) -> None:
        endpoint = self.one_of(place, data)
        if endpoint and not self.ask(place, actor, "delete", f"/{endpoint}"):
            del self.endpoints(place)[endpoint]

    @rule(place=places, actor=people, data=st.data())
    def try_endpoint(self, place: Place, actor: User, data: Any) -> None:
        endpoint = self.one_of(place, data)
        if endpoint is None:
            return
        code = self.ask(place, actor, "post", f"/{endpoint}/test")
        if not code:
            place.events["webhook.test", None] += 1
        assert (code == "") <= self.endpoints(place)[endpoint]
        assert (code == "WEBHOOK_ENDPOINT_DISABLED") <= (not self.endpoints(place)[endpoint])

    def one_of(self, place: Place, data: Any) -> str | None:
        endpoints = sorted(self.endpoints(place))
        return str(data.draw(st.sampled_from(endpoints))) if endpoints else None

    @invariant()
    def endpoints_are_as_asked_for(self) -> None:
        for place in self.world:
            endpoints = WebhookEndpoint.objects.filter(organization=place.organization)
            assert {each.pk: each.is_enabled for each in endpoints} == self.endpoints(place)

    @invariant()
    def what_happens_is_announced_once_where_somebody_listens(self) -> None:
        for place in self.world:
            events = Event.objects.filter(organization=place.organization).exclude(
                type=Event.Type.WEBHOOK_TEST
            )
            ids = set(events.values_list("pk", flat=True))
            if any(self.endpoints(place).values()):
                self.announced |= ids - self.seen
            self.seen |= ids
        deferred = Counter(event for job in self.jobs.all() for event in job.args["event_ids"])
        assert deferred == Counter(self.announced)


@pytest.mark.django_db
def test_any_order_of_events_is_announced_where_somebody_listens(tally: Tally) -> None:
    prove(tally, HeardOutside, examples=6, steps=30)


@pytest.mark.slow
@pytest.mark.django_db
def test_many_more_orders_of_events_are_announced(tally: Tally) -> None:
    prove(tally, HeardOutside, examples=10, steps=50)
