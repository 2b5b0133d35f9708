"""Records of removals are listed, read one by one, and exported as CSV."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, QuerySet
from django.db.models.functions import JSONObject
from django_filters.rest_framework import CharFilter
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import EXAMPLE_TRACE_ID, describe, describe_list, response_example
from config.api.pagination import IdPagination
from config.identifiers import only_ids
from organizations.api import examples
from organizations.api.export import ExportFilterSet, ExportView, RecordFilterSet, describe_export
from organizations.api.offboarding_tasks import (
    RECORDED_TASK_EXAMPLE,
    RECORDED_TASKS,
    RecordedTaskSerializer,
)
from organizations.api.removal import MadeEndpointSerializer
from organizations.api.restoration import EntrySerializer, NotRestoredSerializer, RestoredSerializer
from organizations.api.view import OrganizationListView, OrganizationView, first_or_raise
from organizations.exceptions import RemovalNotFoundError
from organizations.export.removals import COLUMNS, READ, REMOVALS, open_task_count, restoration_of
from organizations.guards.acts import VIEW_LOG
from organizations.models import (
    Membership,
    OffboardingTask,
    Removal,
    RemovedResources,
    Restoration,
    ScheduledRemoval,
    Source,
    WebhookEndpoint,
)
from users.api_view import AuthenticatedRequest

VIEWERS = (
    "Takes the capability `view_audit_log`, or a task of the removal that is the caller's own:"
    " assigned to them, to a department of theirs, or to the connection that asks."
)
_LEAVER = Membership.objects.filter(pk=OuterRef(OuterRef("membership"))).values_list(
    "user", flat=True
)
RECORDS = Removal.objects.prefetch_related(*READ, Prefetch("tasks", RECORDED_TASKS)).annotate(
    webhook_endpoints=ArraySubquery(
        WebhookEndpoint.objects.shown_to(OuterRef("organization"), _LEAVER).values(
            json=JSONObject(id="id", description="description")
        )
    )
)
_RESTORATION_EXAMPLE = {
    "id": examples.RESTORATION_ID,
    "actor_id": examples.OWNER_ID,
    "connection_id": None,
    "source": "api",
    "trace_id": EXAMPLE_TRACE_ID,
    "restored_at": "2025-12-23T08:00:00Z",
    "restored": {
        "roles": [{"id": "role_member", "name": "Member"}],
        "departments": [],
        "resource_count": 12,
    },
    "not_restored": {
        "roles": [],
        "departments": [{"id": "dept_old1", "name": "Archive", "reason": "deleted"}],
        "resource_count": 0,
        "token_count": 1,
    },
}
_RECORD_EXAMPLE = {
    "id": examples.REMOVAL_ID,
    "organization_id": examples.ORGANIZATION_ID,
    "user_id": examples.USER_ID,
    "actor_id": examples.OWNER_ID,
    "connection_id": None,
    "source": "api",
    "reason": "Left for another job",
    "requested_at": "2025-12-22T15:30:00Z",
    "removed_at": "2025-12-22T15:30:00Z",
    "roles": [{"id": "role_member", "name": "Member"}],
    "departments": [{"id": "dept_old1", "name": "Archive"}],
    "resource_count": 12,
    "resources": [
        {
            "type": "document",
            "count": 8,
            "transferred_to_department_id": examples.DEPARTMENT_ID,
            "transferred_to_user_id": None,
        },
        {
            "type": "repository",
            "count": 4,
            "transferred_to_department_id": None,
            "transferred_to_user_id": examples.HEIR_ID,
        },
    ],
    "token_count": 1,
    "transferred_to_department_id": examples.DEPARTMENT_ID,
    "transferred_to_user_id": None,
    "trace_id": EXAMPLE_TRACE_ID,
    "webhook_endpoints": [{"id": examples.ENDPOINT_ID, "description": "Payroll"}],
    "scheduled_for_others": [],
    "tasks": [RECORDED_TASK_EXAMPLE],
    "open_task_count": 0,
    "restoration": _RESTORATION_EXAMPLE,
}


class RemovedResourcesSerializer(serializers.Serializer[RemovedResources]):
    """How many resources of a type the user owned, and where they passed; else they stayed."""

    type = serializers.CharField()
    count = serializers.IntegerField()
    transferred_to_department_id = serializers.CharField(
        source="transferred_to_id", allow_null=True
    )
    transferred_to_user_id = serializers.CharField(allow_null=True)


class JsonTimeField(serializers.DateTimeField):
    """A time that PostgreSQL gives as JSON."""

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(datetime.fromisoformat(value))


class StillPendingSerializer(serializers.Serializer[object]):
    """A removal on a date that the user scheduled, and that is pending still."""

    id = serializers.CharField()
    user_id = serializers.CharField()
    remove_at = JsonTimeField()


class RestorationRecordSerializer(serializers.Serializer[Restoration]):
    """Who put the user back, when, and with what."""

    id = serializers.CharField()
    actor_id = serializers.CharField(allow_null=True)
    connection_id = serializers.CharField(
        allow_null=True, help_text="The connection of the program that did it."
    )
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]  # DRF sets it aside
    trace_id = serializers.CharField()
    restored_at = serializers.DateTimeField(source="created_at")
    restored = RestoredSerializer(source="*")
    not_restored = NotRestoredSerializer(source="*")


@extend_schema_serializer(component_name="Removal", examples=[response_example(_RECORD_EXAMPLE)])
class RemovalRecordSerializer(serializers.Serializer[Removal]):
    """Who removed whom, when and how, what it took, and whether it was undone."""

    id = serializers.CharField()
    organization_id = serializers.CharField()
    user_id = serializers.CharField(source="membership.user_id")
    actor_id = serializers.CharField(allow_null=True, help_text="Null where nobody is named.")
    connection_id = serializers.CharField(
        allow_null=True, help_text="The connection of the program or directory that did it."
    )
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]  # DRF sets it aside
    reason = serializers.CharField(help_text="Free text; empty where none was given.")
    requested_at = serializers.DateTimeField()
    removed_at = serializers.DateTimeField(source="created_at")
    roles = EntrySerializer(many=True, help_text="The roles that were taken.")
    departments = EntrySerializer(many=True, help_text="The departments that were left.")
    resource_count = serializers.IntegerField(help_text="How many resources the user owned.")
    resources = RemovedResourcesSerializer(
        source="removed_resources",
        many=True,
        help_text="How many of each type, sorted, and what each type passed to.",
    )
    token_count = serializers.IntegerField(
        allow_null=True,
        help_text=(
            "How many access tokens acted here for the user until then and could still be used."
            " Null where the record is older than this number."
        ),
    )
    transferred_to_department_id = serializers.CharField(
        source="transferred_to_id",
        allow_null=True,
        help_text="What was named for all types without a target of their own.",
    )
    transferred_to_user_id = serializers.CharField(
        allow_null=True, help_text="The same, where it was a person."
    )
    trace_id = serializers.CharField()
    webhook_endpoints = MadeEndpointSerializer(
        many=True, help_text="Of what is there today: endpoints whose secret the user was shown."
    )
    scheduled_for_others = StillPendingSerializer(
        many=True,
        help_text=(
            "Of what is pending today: removals that the user scheduled, which fail unless they are"
            " restored by then. Only of members whom the caller may remove."
        ),
    )
    tasks = RecordedTaskSerializer(
        many=True, help_text="What is to be done elsewhere, in the order of the steps."
    )
    open_task_count = serializers.SerializerMethodField(help_text="How many of these are open.")
    restoration = serializers.SerializerMethodField()

    def get_open_task_count(self, removal: Removal) -> int:
        return open_task_count(removal)

    @extend_schema_field(RestorationRecordSerializer(allow_null=True))
    def get_restoration(self, removal: Removal) -> Any:
        restoration = restoration_of(removal)
        return RestorationRecordSerializer(restoration).data if restoration else None


class RecordsMixin(OrganizationView):
    """Adds the pending schedules that the reader may see to records."""

    def with_scheduled(self, records: QuerySet[Removal]) -> QuerySet[Removal]:
        """Return records with the pending removals that their user scheduled."""
        pending = ScheduledRemoval.objects.pending().filter(organization=OuterRef("organization"))
        visible = pending.seen_by(self.caller.member_id, self.authority.capabilities)
        scheduled = visible.requested_by(_LEAVER).values(
            json=JSONObject(id="id", user_id="membership__user_id", remove_at="remove_at")
        )
        return records.annotate(scheduled_for_others=ArraySubquery(scheduled))


class RemovalFilterSet(RecordFilterSet):
    """Filters records by user, too."""

    user_id = CharFilter("membership__user", help_text="Only removals of this user.")


class RemovalExportFilterSet(RemovalFilterSet, ExportFilterSet):
    """The filters of the list, and what an export takes."""


@describe_list(
    operation_id="listRemovals",
    summary="List removals",
    description=(
        "The records that removals left, the newest first, each with the restoration that"
        " undid it, if one did. Takes the capability `view_audit_log`.\n\n"
        "Ids and times are made before the commit, so whoever asks for what came `after` the"
        " last one misses what commits late. To hear of every removal, follow `/audit-log` with"
        " `order=asc`: each record is followed there by `member.removed`, which names it by"
        " `removal_id`."
    ),
    invalid={"from_date": "Must be a date, or a time."},
)
class RemovalListView(RecordsMixin, OrganizationListView[Removal]):
    queryset = RECORDS.order_by("-pk")
    serializer_class = RemovalRecordSerializer
    pagination_class = IdPagination
    filterset_class = RemovalFilterSet
    act = VIEW_LOG

    def get_queryset(self) -> QuerySet[Removal]:
        return self.with_scheduled(super().get_queryset())


class OneRemovalMixin(OrganizationView):
    """Lets in whoever may view the log, and whoever has a task of the removal."""

    act = VIEW_LOG

    def is_exempt(self) -> bool:
        tasks = OffboardingTask.objects.filter(
            organization=self.kwargs["organization_id"],
            removal__in=only_ids("rem", [self.kwargs["removal_id"]]),
        )
        return tasks.assigned_to(self.caller).exists()


class RemovalRecordView(RecordsMixin, OneRemovalMixin):
    @describe(
        operation_id="getRemoval",
        summary="Get removal",
        description=f"The record of one removal. {VIEWERS}",
        responses={200: RemovalRecordSerializer},
        refusals=[examples.REMOVAL_NOT_FOUND],
    )
    def get(self, request: AuthenticatedRequest, organization_id: str, removal_id: str) -> Response:
        records = self.with_scheduled(RECORDS.filter(organization=organization_id))
        record = first_or_raise(
            records.filter(pk__in=only_ids("rem", [removal_id])),
            RemovalNotFoundError({"removal_id": removal_id}),
        )
        return Response(RemovalRecordSerializer(record).data)


@describe_export(
    operation_id="exportRemovals",
    summary="Export removals",
    example=(
        f"{','.join(COLUMNS)}\r\n{examples.REMOVAL_ID},{examples.USER_ID},{examples.OWNER_ID},,api,2025-12-22T15:30:00Z,2025-12-22T15:30:00Z,0,role_member,dept_old1,12,document=8>{examples.DEPARTMENT_ID};repository=4>{examples.HEIR_ID},{examples.DEPARTMENT_ID},0,1,{EXAMPLE_TRACE_ID},,\r\n"
    ),
)
class RemovalExportView(ExportView[Removal]):
    queryset = Removal.objects.all()
    filterset_class = RemovalExportFilterSet
    export = REMOVALS
