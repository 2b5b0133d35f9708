"""The audit log lists every change of an organization's members, and exports them as CSV."""

from django.db.models import QuerySet
from django_filters.rest_framework import CharFilter, MultipleChoiceFilter
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from config.api.openapi import EXAMPLE_TRACE_ID, describe_list, response_example
from organizations.api import examples
from organizations.api.audit_log_pagination import EventPagination
from organizations.api.export import ExportFilterSet, ExportView, RecordFilterSet, describe_export
from organizations.api.view import OrganizationListView
from organizations.exceptions import LogRestartedError, LogTruncatedError
from organizations.export.events import COLUMNS, EVENTS
from organizations.guards.acts import VIEW_LOG
from organizations.models import Event, Source
from organizations.models.event import EventQuerySet


@extend_schema_serializer(
    component_name="Event",
    examples=[
        response_example(
            {
                "id": examples.EVENT_ID,
                "type": "member.removed",
                "organization_id": examples.ORGANIZATION_ID,
                "user_id": examples.USER_ID,
                "actor_id": examples.OWNER_ID,
                "connection_id": None,
                "source": "api",
                "trace_id": EXAMPLE_TRACE_ID,
                "created_at": "2025-12-22T15:30:00Z",
                "reason": "",
                "data": {"removal_id": examples.REMOVAL_ID},
            }
        )
    ],
)
class EventSerializer(serializers.Serializer[Event]):
    """One change: who, when, what."""

    id = serializers.CharField()
    type = serializers.ChoiceField(Event.Type.choices)
    organization_id = serializers.CharField()
    user_id = serializers.CharField(allow_null=True, help_text="Whom it happened to.")
    actor_id = serializers.CharField(allow_null=True, help_text="Who did it.")
    connection_id = serializers.CharField(
        allow_null=True, help_text="The connection of the program or directory that did it."
    )
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]  # DRF sets it aside
    trace_id = serializers.CharField()
    created_at = serializers.DateTimeField()
    reason = serializers.CharField(help_text="Free text; a removal's is in its record.")
    data = serializers.DictField(  # type: ignore[assignment]
        help_text="Ids and counts, by the type."
    )


class EventFilterSet(RecordFilterSet):
    """Filters the log by type and by user, too."""

    type = MultipleChoiceFilter(
        choices=Event.Type.choices,
        distinct=False,
        help_text="Only changes of this type; given several times, of any of them.",
    )
    user_id = CharFilter(help_text="Only what happened to this user.")


class EventExportFilterSet(EventFilterSet, ExportFilterSet):
    """The filters of the list, and what an export takes."""


class AuditLogMixin(OrganizationListView[Event]):
    """The events of an organization, without schedules that the caller may not see."""

    queryset = Event.objects.order_by("-pk")

    def get_queryset(self) -> QuerySet[Event]:
        events = super().get_queryset()
        assert isinstance(events, EventQuerySet)  # noqa: S101  # the manager's
        return events.seen_by(self.caller.member_id, self.authority.capabilities)


@describe_list(
    operation_id="listEvents",
    summary="List events",
    description=(
        "Every change of the organization's members, the newest first. Takes the capability"
        " `view_audit_log`. That a removal is scheduled is shown, while it is pending, to those who"
        " may remove the user alone, and never to the user.\n\n"
        "**To follow the log**, ask with `order=asc`, then with the `next` of the page as `cursor`,"
        " at once while `has_more` is true and from time to time after that. Every event comes, and"
        " comes once: it has its place in this order when it is committed, so a later page has what"
        " was committed late, and nothing is ever added before what a cursor has passed. Neither"
        " ids nor times are this order, as both are made before the commit: `after` and `from_date`"
        " miss what commits late. One page reads at most 10,000 places on: with filters it may have"
        " few items or none, and `has_more`. What the caller may not see is passed over, and not"
        " shown later. `skip` and `after` do not go with it.\n\n"
        "Each record of `/removals` is followed here by `member.removed`, whose `data` names it:"
        " whoever follows this log learns of every removal.\n\n"
        "After a backup was restored, or the database was set back behind the cursor, the answer is"
        " 410 `LOG_RESTARTED`: begin again without a cursor, and know events again by their ids."
        " Where old events are deleted, a cursor that has not passed all of those gets 410"
        " `LOG_TRUNCATED`."
    ),
    invalid={"cursor": "Must be the `next` of a page of this log."},
    refusals=[
        LogRestartedError({"organization_id": examples.ORGANIZATION_ID}),
        LogTruncatedError({"organization_id": examples.ORGANIZATION_ID}),
    ],
)
class EventListView(AuditLogMixin):
    serializer_class = EventSerializer
    pagination_class = EventPagination
    filterset_class = EventFilterSet
    act = VIEW_LOG


@describe_export(
    operation_id="exportEvents",
    summary="Export events",
    example=(
        f"{','.join(COLUMNS)}\r\n{examples.EVENT_ID},member.removed,{examples.USER_ID},"
        f"{examples.OWNER_ID},,api,2025-12-22T15:30:00Z,"
        f'{EXAMPLE_TRACE_ID},"{{""removal_id"": ""{examples.REMOVAL_ID}""}}"\r\n'
    ),
)
class EventExportView(AuditLogMixin, ExportView[Event]):
    filterset_class = EventExportFilterSet
    export = EVENTS
