"""Removals on a date are scheduled, read, listed and cancelled."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet
from django_filters.rest_framework import ChoiceFilter, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from config.api.choices import must_be_one_of
from config.api.openapi import describe, describe_list, response_example
from config.api.pagination import IdPagination
from organizations.api import examples
from organizations.api.bodies import (
    BY_TYPE,
    NOT_A_STRING,
    TARGETS_BY_TYPE,
    TO_DEPARTMENT,
    ReasonSerializer,
)
from organizations.api.removal import RemovalSerializer
from organizations.api.view import OrganizationListView, OrganizationView
from organizations.exceptions import (
    CannotScheduleYourselfError,
    RemovalAlreadyScheduledError,
    ScheduledRemovalNotFoundError,
)
from organizations.guards.acts import REMOVE
from organizations.models import ScheduledRemoval, Source
from organizations.models.scheduled_removal import ScheduledRemovalQuerySet as Schedules
from organizations.schedule.dates import moment_of
from organizations.schedule.service import (
    cancel_scheduled_removal,
    find_pending,
    require_sight,
    schedule_removals,
    targets_of,
)
from users.api_view import AuthenticatedRequest

REMOVE_AT = "2026-12-31T16:00:00Z"

_EXAMPLE = {
    "id": examples.SCHEDULE_ID,
    "user_id": examples.USER_ID,
    "remove_at": REMOVE_AT,
    "requested_by": examples.OWNER_ID,
    "connection_id": None,
    "requested_at": "2026-12-01T09:00:00Z",
    "source": "api",
    "transfer_resources_to_department_id": examples.DEPARTMENT_ID,
    "transfer_resources_to_user_id": None,
    BY_TYPE: {"repository": examples.HEIR_ID},
    "reason": "End of contract",
    "status": "pending",
    "removal_id": None,
    "failure": None,
}


@extend_schema_field(OpenApiTypes.DATETIME)
class DueField(serializers.Field[datetime, object, str, object]):
    """A time with its offset, in the future and at most a year ahead."""

    def to_internal_value(self, data: object) -> datetime:
        try:
            return moment_of(data if isinstance(data, str) else "")
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class ScheduleSerializer(RemovalSerializer):
    """What a removal is asked with, and its date."""

    remove_at = DueField(
        help_text="When: with its offset, in the future, and at most a year ahead."
    )


class CancellationSerializer(ReasonSerializer):
    """The body of a cancellation."""


@extend_schema_serializer(component_name="ScheduledRemoval", examples=[response_example(_EXAMPLE)])
class ScheduledRemovalSerializer(serializers.Serializer[ScheduledRemoval]):
    """Who asked for whose removal, when it is due, and what became of it."""

    id = serializers.CharField()
    user_id = serializers.CharField(source="membership.user_id")
    remove_at = serializers.DateTimeField()
    requested_by = serializers.CharField(source="requested_by_id", allow_null=True)
    connection_id = serializers.CharField(
        allow_null=True, help_text="The connection of the program that requested it."
    )
    requested_at = serializers.DateTimeField()
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]  # DRF sets it aside
    transfer_resources_to_department_id = serializers.CharField(
        source="transferred_to_id", allow_null=True
    )
    transfer_resources_to_user_id = serializers.CharField(
        source="transferred_to_user_id", allow_null=True
    )
    transfer_resources_by_type = serializers.SerializerMethodField()
    reason = serializers.CharField(help_text="Free text; empty where none was given.")
    status = serializers.ChoiceField(
        ScheduledRemoval.STATES,
        source="state",
        help_text="`superseded`: the membership ended otherwise before it was due.",
    )
    removal_id = serializers.CharField(allow_null=True)
    failure = serializers.SerializerMethodField()

    @extend_schema_field(TARGETS_BY_TYPE)
    def get_transfer_resources_by_type(
        self, schedule: ScheduledRemoval
    ) -> Mapping[str, str | None]:
        return targets_of(schedule).by_type

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_failure(self, schedule: ScheduledRemoval) -> str | None:
        return schedule.failure or None


class ScheduledRemovalFilterSet(FilterSet):
    """Filters schedules by status."""

    status = ChoiceFilter(
        choices=ScheduledRemoval.STATES, method="with_state", help_text="Only those of this status."
    )

    def with_state(self, schedules: Schedules, name: str, state: str) -> Schedules:
        return schedules.in_state(state)


ONESELF = CannotScheduleYourselfError({"user_id": examples.USER_ID})
NOT_FOUND = ScheduledRemovalNotFoundError({"user_id": examples.USER_ID})

describe_schedule = describe(
    operation_id="scheduleRemoval",
    summary="Schedule removal",
    description=(
        "Schedules a removal as by `DELETE`, which is carried out within a minute after its time."
        " It is decided by what holds then, and by what the requester may do then; a refusal is its"
        " `failure`, and leaves an event `removal.failed`. If a target no longer exists then, the"
        " user is removed all the same and keeps what was to pass to it: the event names the"
        " `types`, and says by `rest` whether it was the target of the rest.\n\n"
        "It belongs to this membership: who is deactivated by then is removed, and a user who left"
        " and came back is not. It fails if the requester left or is deactivated by then. Takes"
        " the capability `remove_users`; nobody schedules, sees or cancels their own removal."
    ),
    request=ScheduleSerializer,
    request_examples={
        "At the end of a contract": {
            "confirm": True,
            "remove_at": "2026-12-31T17:00:00+01:00",
            TO_DEPARTMENT: examples.DEPARTMENT_ID,
            BY_TYPE: {"repository": examples.HEIR_ID},
            "reason": "End of contract",
        }
    },
    examples=[response_example(_EXAMPLE, name="Scheduled", status_codes=["201"])],
    responses={201: ScheduledRemovalSerializer},
    invalid={"remove_at": NOT_A_STRING},
    refusals=[
        ONESELF,
        examples.CONFIRMATION_REQUIRED,
        examples.USER_NOT_FOUND,
        RemovalAlreadyScheduledError(
            {
                "user_id": examples.USER_ID,
                "scheduled_removal_id": examples.SCHEDULE_ID,
                "remove_at": REMOVE_AT,
            }
        ),
        *examples.TARGETS_NOT_FOUND,
    ],
)
describe_pending = describe(
    operation_id="getScheduledRemoval",
    summary="Get scheduled removal",
    description="What is pending of the user. Takes the capability `remove_users`.",
    responses={200: ScheduledRemovalSerializer},
    refusals=[ONESELF, NOT_FOUND],
)
describe_cancellation = describe(
    operation_id="cancelScheduledRemoval",
    summary="Cancel scheduled removal",
    description=(
        "Cancels what is pending of the user; it stays on record. Takes the capability"
        " `remove_users`. No body is needed. A removal that is being carried out at this moment is"
        " not found."
    ),
    request=CancellationSerializer,
    request_examples={"Without a reason": {}, "With a reason": {"reason": "They stay"}},
    invalid={"reason": NOT_A_STRING},
    no_content="It is cancelled. No body.",
    refusals=[ONESELF, NOT_FOUND],
)


class ScheduledRemovalView(OrganizationView):
    tag = "Scheduled removals"
    act = REMOVE

    @describe_schedule
    def post(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        self._require_another(user_id)
        body = self.read_body(ScheduleSerializer, context={"user_id": user_id})
        [outcome] = schedule_removals(
            organization_id,
            [user_id],
            remove_at=body.validated_data["remove_at"],
            transfer_to=body.targets,
            caller=self.caller_with_reason(body),
        )
        if outcome.refusal:
            raise body.explain(outcome.refusal)
        return Response(ScheduledRemovalSerializer(outcome.schedule).data, status=201)

    @describe_pending
    def get(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        require_sight(organization_id, user_id, caller=self.caller)
        schedule = find_pending(organization_id, user_id)
        if schedule is None:
            raise ScheduledRemovalNotFoundError({"user_id": user_id})
        return Response(ScheduledRemovalSerializer(schedule).data)

    @describe_cancellation
    def delete(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        self._require_another(user_id)
        body = self.read_body(CancellationSerializer)
        cancel_scheduled_removal(organization_id, user_id, caller=self.caller_with_reason(body))
        return Response(status=204)

    def _require_another(self, user_id: str) -> None:
        """Raise CannotScheduleYourselfError for the caller, before the body is read."""
        if self.caller.is_about_self(user_id):
            raise CannotScheduleYourselfError({"user_id": user_id})


@describe_list(
    operation_id="listScheduledRemovals",
    summary="List scheduled removals",
    description=(
        "What was scheduled and what became of it, the newest first, without the caller's own,"
        " and without what is pending of users whom the caller may not remove. Takes the"
        " capability `remove_users`."
    ),
    invalid={"status": must_be_one_of(dict(ScheduledRemoval.STATES), "lost")},
)
class ScheduledRemovalListView(OrganizationListView[ScheduledRemoval]):
    queryset = (
        ScheduledRemoval.objects.select_related("membership")
        .prefetch_related("transfers_by_type")
        .order_by("-pk")
    )
    serializer_class = ScheduledRemovalSerializer
    pagination_class = IdPagination
    filterset_class = ScheduledRemovalFilterSet
    act = REMOVE

    def get_queryset(self) -> QuerySet[ScheduledRemoval]:
        schedules = super().get_queryset()
        assert isinstance(schedules, Schedules)  # noqa: S101  # the manager's
        return schedules.seen_by(self.caller.member_id, self.authority.capabilities)
