"""Who may schedule, see and cancel the removal of whom, with whom to take over."""

from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from organizations.models import ScheduledRemoval, Source
from tests.factories import MembershipFactory, RoleFactory
from tests.production import token_of
from tests.proof.api_requests import confirmed_with_date
from tests.proof.cast import (
    ABSENT,
    CALLERS,
    NO_SUCH_ORGANIZATION,
    POWERLESS,
    TARGETS,
    Cast,
    answer_of,
    expected_answer,
    is_above,
    is_self,
    refusal_at_entry,
)
from tests.proof.figures import CELLS, Tally
from tests.schedules import schedule

pytestmark = pytest.mark.django_db

HEIRS = (
    *("none", "department", "member", "a stranger", "deactivated member", "leaver"),
    *("of another organization", "unknown", "malformed"),
)


def refusal_of_caller(caller: str, target: str) -> str:
    """Who the caller is, before anything is asked of the target; nothing for whoever may."""
    if refusal := refusal_at_entry(caller, target):
        return refusal
    if caller in POWERLESS:
        return "INSUFFICIENT_PERMISSIONS"
    if is_self(caller, target):
        return "CANNOT_SCHEDULE_YOURSELF"
    return ""


def target_of(cast: Cast, target: str, heir: str) -> tuple[dict[str, str | None], str]:
    """Return the field that names who takes over, and the code that is expected of it."""
    leaver = cast.user_id("admin", target) if target != "caller" else "usr_unknown"
    people = {
        "member": (cast.users["target admin" if target == "member" else "target member"].pk, ""),
        "a stranger": ("usr_unknown", "TRANSFER_USER_NOT_FOUND"),
        "deactivated member": (cast.users["deactivated admin"].pk, "TRANSFER_USER_NOT_FOUND"),
        "leaver": (leaver, "TRANSFER_USER_NOT_FOUND"),
    }
    if heir in people:
        user_id, code = people[heir]
        return {"transfer_resources_to_user_id": user_id}, code
    departments = {"none": ("none", ""), "department": ("own", "")}
    named, code = departments.get(heir, (heir, "DEPARTMENT_NOT_FOUND"))
    return {"transfer_resources_to_department_id": cast.departments[named]}, code


@pytest.mark.parametrize("caller", CALLERS)
def test_a_schedule_by_every_caller_of_every_target_for_every_heir(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, caller: str
) -> None:
    for target, heir in product(TARGETS, HEIRS):
        if heir != "none" and refusal_of_caller(caller, target):
            continue  # refused before the body is read
        field, code_of_heir = target_of(cast, target, heir)
        expected = refusal_of_caller(caller, target)
        if not expected and target in ABSENT:
            expected = "USER_NOT_FOUND"
        if not expected and is_above(caller, target):
            expected = "INSUFFICIENT_PERMISSIONS"
        expected = expected or code_of_heir  # of a last owner, too: there may be another by then
        with subtests.test(target=target, heir=heir), transaction.atomic():
            path = f"{cast.path(caller, target)}/scheduled-removal"
            response: Any = cast.client(caller).post(path, confirmed_with_date(cast) | field)

            assert answer_of(response) == expected_answer(expected, 201)
            transaction.set_rollback(True)
        tally(CELLS)


@pytest.mark.parametrize("is_scheduled", [True, False])
@pytest.mark.parametrize("caller", CALLERS)
def test_what_is_pending_is_seen_and_cancelled_by_whoever_may_remove_them(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, caller: str, is_scheduled: bool
) -> None:
    targets = [target for target in TARGETS if target not in {*ABSENT, *NO_SUCH_ORGANIZATION}]
    for target, method in product(targets, ("get", "delete")):
        expected = refusal_of_caller(caller, target)
        if not expected and is_above(caller, target):
            expected = "INSUFFICIENT_PERMISSIONS"
        if not expected and not is_scheduled:
            expected = "SCHEDULED_REMOVAL_NOT_FOUND"
        done = 200 if method == "get" else 204
        with subtests.test(target=target, method=method), transaction.atomic():
            member = cast.organization.memberships.current().filter(
                user=cast.user_id(caller, target)
            )
            if is_scheduled and member:
                schedule(*member, reason="Found asleep")
            path = f"{cast.path(caller, target)}/scheduled-removal"
            response: Any = getattr(cast.client(caller), method)(path)

            assert answer_of(response) == expected_answer(expected, done)
            assert not expected or b"asleep" not in response.content
            transaction.set_rollback(True)
        tally(CELLS)


@pytest.mark.parametrize("target", ["member", "admin", "last owner"])
def test_what_is_pending_of_whom_one_may_not_remove_is_in_no_list_log_or_preview(
    cast: Cast, target: str
) -> None:
    colleague = RoleFactory.create(
        organization=cast.organization, capabilities=["remove_users", "view_audit_log"]
    )
    reader = MembershipFactory.create(organization=cast.organization, roles=[colleague])
    requester = MembershipFactory.create(organization=cast.organization)
    ScheduledRemoval.objects.filter(status="pending").update(
        status="cancelled", ended_at=timezone.now()
    )
    member = cast.organization.memberships.current().get(user=cast.users[f"target {target}"])
    [outcome] = schedule(member, actor=requester.user, source=Source.API)
    assert outcome.schedule

    def seen_by(token: str) -> list[bool]:
        """Whether it is in the list, the log, its export, and the preview of the requester."""
        client = cast.client("nobody")
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        base = f"/v1/organizations/{cast.organization.pk}"
        found: list[Any] = [
            client.get(f"{base}/scheduled-removals?status=pending"),
            client.get(f"{base}/audit-log?type=removal.scheduled"),
            client.get(f"{base}/audit-log/export?type=removal.scheduled"),
            client.get(f"{base}/users/{requester.user_id}/removal-preview"),
        ]
        assert outcome.schedule
        texts = [
            b"".join(response.streaming_content) if response.streaming else response.content
            for response in found
        ]
        return [outcome.schedule.pk.encode() in text for text in texts]

    auditor = MembershipFactory.create(
        organization=cast.organization,
        roles=[
            RoleFactory.create(
                organization=cast.organization, capabilities=["view_audit_log", "export_audit_log"]
            )
        ],
    )
    is_seen = target == "member"
    assert seen_by(token_of(auditor.user)) == [False] * 4
    assert seen_by(token_of(reader.user))[:2] == [is_seen] * 2
    assert seen_by(token_of(reader.user))[3] == is_seen
    assert seen_by(cast.tokens["admin"]) == [True] * 4


def test_the_total_of_a_list_does_not_count_what_is_pending_of_somebody_above(cast: Cast) -> None:
    schedule(cast.organization.memberships.current().get(user=cast.users["target admin"]))
    base = f"/v1/organizations/{cast.organization.pk}/scheduled-removals?status=pending"

    by_admin: Any = cast.client("admin").get(base)
    by_colleague: Any = cast.client("role with the capability").get(base)

    assert by_admin.json()["total"] == 2
    assert by_colleague.json()["total"] == len(by_colleague.json()["items"]) == 1


def test_what_became_of_it_is_a_record_for_everybody_who_reads_records(cast: Cast) -> None:
    [outcome] = schedule(
        cast.organization.memberships.current().get(user=cast.users["target admin"])
    )
    assert outcome.schedule
    client = cast.client("role with the capability")
    base = f"/v1/organizations/{cast.organization.pk}"
    address = f"{cast.path('admin', 'admin')}/scheduled-removal"
    assert cast.client("owner").delete(address).status_code == 204

    listed: Any = client.get(f"{base}/scheduled-removals?status=cancelled")
    logged: Any = client.get(f"{base}/audit-log?type=removal.scheduled")

    assert outcome.schedule.pk in [item["id"] for item in listed.json()["items"]]
    assert outcome.schedule.pk.encode() in logged.content
