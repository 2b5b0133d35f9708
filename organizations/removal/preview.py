"""Previews what a removal would do, without doing it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from django.db.models import prefetch_related_objects

from config.errors import ContractError
from organizations.capabilities import Capability
from organizations.guards.acts import REMOVE
from organizations.guards.caller import Caller
from organizations.guards.judge import Rules, judge
from organizations.guards.transfer_targets import TransferTo, targets_by_user
from organizations.handover.directories import opens_no_tasks
from organizations.models import (
    Connection,
    Department,
    Membership,
    OffboardingStep,
    Resource,
    Role,
    ScheduledRemoval,
    WebhookEndpoint,
)
from organizations.removal.tokens import count_tokens
from users.models import User

WithSecret = TypeVar("WithSecret", Connection, WebhookEndpoint)


@dataclass(frozen=True, slots=True)
class RemovalPreview:
    """What one member would lose by a removal, and what prevents it."""

    membership: Membership
    roles: list[Role]
    departments: list[Department]
    resources: dict[str, int]  # how many of each type they own, sorted by type
    token_count: int  # access tokens that would open nothing here from then on
    connections: list[Connection]  # those they made or rotated, which stay
    webhook_endpoints: list[WebhookEndpoint]  # the same
    steps: list[OffboardingStep]  # those that would open a task, in their order
    scheduled: ScheduledRemoval | None  # their own removal, if one is pending
    requested: list[ScheduledRemoval]  # removals of others that they scheduled, which will fail
    blocked_by: ContractError | None
    managed_by: Connection | None  # the directory that would bring the member back
    directory_opens_no_tasks: bool  # it deactivates leavers, and never removes them

    @property
    def can_be_removed(self) -> bool:
        """Return whether nothing prevents the removal."""
        return self.blocked_by is None

    @property
    def resource_count(self) -> int:
        """Return how many resources they own."""
        return sum(self.resources.values())

    @property
    def staff_account(self) -> User | None:
        """Return the member's account if it can use the admin: a removal does not touch it."""
        account = self.membership.user
        return account if account.is_staff and account.is_active else None

    def shown_to(self, reader_id: str) -> "RemovalPreview":
        """Return the preview without the reader's own scheduled removal, which they may not see."""
        if self.membership.user_id == reader_id:
            return replace(self, scheduled=None)
        others = [s for s in self.requested if s.membership.user_id != reader_id]
        return replace(self, requested=others)


def preview_removal(
    organization_id: str,
    user_ids: Iterable[str],
    *,
    caller: Caller,
    transfer_to: TransferTo = None,
    already_leaving: Collection[int] = (),
) -> list[RemovalPreview]:
    """Return what `remove_members` would do to each member, in the order given.

    It leaves out users who are no members. It locks and writes nothing, so a removal may still be
    refused. ``already_leaving`` are memberships of owners that an earlier part of this preview
    would have ended. The number of SQL statements does not depend on the number of users.
    """
    position = {user_id: number for number, user_id in enumerate(dict.fromkeys(user_ids))}
    members = sorted(
        Membership.objects.current().of(organization_id, position).select_related("user"),
        key=lambda member: position[member.user_id],
    )
    user_ids = [member.user_id for member in members]
    refusals = judge(
        organization_id,
        user_ids,
        caller=caller,
        act=REMOVE,
        rules=Rules.REMOVAL,
        targets=targets_by_user(transfer_to, user_ids),
        members={member.user_id: member.pk for member in members},
        already_leaving=already_leaving,
    )
    authority = caller.authority(organization_id, REMOVE, user_ids=user_ids)
    return preview_members(organization_id, members, refusals, authority=authority.capabilities)


def preview_members(
    organization_id: str,
    members: Sequence[Membership],
    refusals: Mapping[str, ContractError],
    *,
    authority: frozenset[Capability],
) -> list[RemovalPreview]:
    """Return the preview of each of these members of one organization.

    ``refusals`` say, by user id, why some cannot be removed. The reader's ``authority`` limits
    which pending removals are shown.
    """
    prefetch_related_objects(
        members, "role_assignments__role", "department_memberships__department"
    )
    user_ids = [member.user_id for member in members]
    owned = Resource.objects.filter(organization=organization_id).count_by_type(user_ids)
    steps = list(OffboardingStep.objects.filter(organization=organization_id).enabled().in_order())
    tokens = count_tokens([member.pk for member in members])
    managed = Connection.objects.managing(organization_id, user_ids)
    idle = {each for each in set(managed.values()) if opens_no_tasks(each)}
    connections = _by_holder(Connection.objects.shown_to(organization_id, user_ids))
    endpoints = _by_holder(WebhookEndpoint.objects.shown_to(organization_id, user_ids))
    pending = (
        ScheduledRemoval.objects.pending().filter(organization=organization_id).within(authority)
    )
    scheduled = {schedule.membership_id: schedule for schedule in pending.of(members)}
    requested = defaultdict[str | None, list[ScheduledRemoval]](list)
    for schedule in pending.requested_by(user_ids):
        requested[schedule.requested_by_id].append(schedule)
    return [
        RemovalPreview(
            membership=member,
            roles=sorted((a.role for a in member.role_assignments.all()), key=_by_name),
            departments=sorted(
                (d.department for d in member.department_memberships.all()), key=_by_name
            ),
            resources=owned.get(member.user_id, {}),
            token_count=tokens.get(member.pk, 0),
            connections=connections.get(member.user_id, []),
            webhook_endpoints=endpoints.get(member.user_id, []),
            steps=[step for step in steps if step.applies_to(owned.get(member.user_id, {}))],
            scheduled=scheduled.get(member.pk),
            requested=requested.get(member.user_id, []),
            blocked_by=refusals.get(member.user_id),
            managed_by=managed.get(member.user_id),
            directory_opens_no_tasks=managed.get(member.user_id) in idle,
        )
        for member in members
    ]


def _by_holder(rows: Iterable[WithSecret]) -> dict[str | None, list[WithSecret]]:
    """Return rows by the ids of the users who were shown their secrets."""
    by_holder = defaultdict[str | None, list[WithSecret]](list)
    for row in rows:
        for user_id in row.secret_holders:
            by_holder[user_id].append(row)
    return by_holder


def _by_name(named: Role | Department) -> tuple[str, str]:
    """Return a sort key that gives the same order as the record of a removal."""
    return named.name, named.pk
