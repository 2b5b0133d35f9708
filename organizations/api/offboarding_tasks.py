"""Tasks that removals opened are listed, and closed by whoever they are assigned to."""

from datetime import datetime
from typing import cast

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django_filters.rest_framework import CharFilter, ChoiceFilter, FilterSet, MultipleChoiceFilter
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from config.api.filters import MomentFilter
from config.api.openapi import describe, describe_list, response_example
from config.api.strict import (
    StrictChoiceField,
    StrictIntegerField,
    StrictSerializer,
    StrictStringField,
)
from organizations.api import examples
from organizations.api.bodies import NOT_A_STRING
from organizations.api.task_pagination import TaskPagination
from organizations.api.view import OrganizationListView, OrganizationView, first_or_raise
from organizations.exceptions import TaskCancelledError, TaskNotFoundError
from organizations.guards.acts import CHANGE_TASK
from organizations.guards.caller import Caller
from organizations.handover.closing import CHOSEN, TaskChange, change_task
from organizations.models import OffboardingTask, Removal
from organizations.models.offboarding_task import LONGEST_NOTE
from organizations.models.offboarding_task import OffboardingTaskQuerySet as Tasks
from users.api_view import AuthenticatedRequest

LARGEST_COUNT = 2_147_483_647
State = OffboardingTask.State

# A subquery for each row of the page: with a join PostgreSQL may read all removals.
LEAVER = Removal.objects.filter(pk=OuterRef("removal")).values("membership__user")
TASKS = OffboardingTask.objects.with_falls_to_nobody().annotate(user_id=Subquery(LEAVER))

# The tasks of a record, in the order of their steps, which their ids keep.
RECORDED_TASKS = OffboardingTask.objects.with_falls_to_nobody().order_by("pk")

RECORDED_TASK_EXAMPLE = {
    "id": examples.TASK_ID,
    "key": "repositories",
    "title": "Pass on the repositories",
    "assigned_to_user_id": None,
    "assigned_to_department_id": None,
    "assigned_to_connection_id": examples.CONNECTION_ID,
    "department_name": "",
    "falls_to_nobody": False,
    "due_at": "2025-12-23T15:30:00Z",
    "state": "done",
    "note": "",
    "count": 4,
    "closed_at": "2025-12-22T15:32:00Z",
    "closed_by": None,
    "closed_by_connection_id": examples.CONNECTION_ID,
}
EXAMPLE = {
    **RECORDED_TASK_EXAMPLE,
    "removal_id": examples.REMOVAL_ID,
    "user_id": examples.USER_ID,
    "description": "Everything in the code host that was hers.",
}


class RecordedTaskSerializer(serializers.Serializer[OffboardingTask]):
    """What is to be done elsewhere after a removal, by whom, and what became of it."""

    id = serializers.CharField()
    key = serializers.CharField(help_text="Which step it is.")
    title = serializers.CharField(help_text="As the step's was at the removal.")
    assigned_to_user_id = serializers.CharField(allow_null=True)
    assigned_to_department_id = serializers.CharField(
        allow_null=True, help_text="Each of its members can close it."
    )
    assigned_to_connection_id = serializers.CharField(
        allow_null=True, help_text="The system that closes it by its own token."
    )
    department_name = serializers.CharField(
        help_text="Of its department, as it was called when the task was closed; else empty."
    )
    falls_to_nobody = serializers.BooleanField(
        help_text="Whether its person is no active member now, or its connection is revoked."
    )
    due_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(
        State.choices, help_text="`cancelled`: the removal was undone while it was open or failed."
    )
    note = serializers.CharField(
        help_text="Free text; empty where none was given. A restoration leaves it as it is."
    )
    count = serializers.IntegerField(
        allow_null=True, help_text="How many things a system says it passed on."
    )
    closed_at = serializers.DateTimeField(
        allow_null=True, help_text="When it was closed; of a cancelled one that had failed, then."
    )
    closed_by = serializers.CharField(
        source="closed_by_id",
        allow_null=True,
        help_text=(
            "The person who closed it. Of a cancelled one it is who restored the member, or, if it"
            " had failed before, who said so: the note is theirs, and the removal's `restoration`"
            " names who restored."
        ),
    )
    closed_by_connection_id = serializers.CharField(
        allow_null=True, help_text="The system that closed it, as `closed_by` says of a person."
    )


@extend_schema_serializer(component_name="OffboardingTask", examples=[response_example(EXAMPLE)])
class TaskSerializer(RecordedTaskSerializer):
    """A task, with its removal and what is to be done."""

    removal_id = serializers.CharField()
    user_id = serializers.CharField(help_text="Who left.")
    description = serializers.CharField(help_text="As the step's was at the removal.")


class TaskChangeSerializer(StrictSerializer):
    """What became of a task."""

    state = StrictChoiceField(
        CHOSEN, help_text="`open` opens it again; a restoration alone cancels."
    )
    note = StrictStringField(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=LONGEST_NOTE,
        help_text="How, or why not. It stays on record, until an erasure empties it.",
    )
    count = StrictIntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=LARGEST_COUNT,
        help_text="How many things were passed on.",
    )


class TaskFilterSet(FilterSet):
    """Filters tasks; an id of another organization matches none."""

    state = MultipleChoiceFilter(
        choices=State.choices,
        distinct=False,
        help_text="Only tasks of this state; given several times, of any of them.",
    )
    removal_id = CharFilter("removal", help_text="Only tasks of this removal.")
    user_id = CharFilter(
        "removal__membership__user", help_text="Only tasks of the removals of this user."
    )
    key = CharFilter(help_text="Only tasks of the step with this key.")
    assigned_to = ChoiceFilter(
        choices=[("me", "me")],
        method="of_caller",
        help_text=(
            "Only the caller's own: assigned to them, to a department of theirs, or to the"
            " connection that asks."
        ),
    )
    overdue = ChoiceFilter(
        choices=[("true", "true")],
        method="late",
        help_text="Only open tasks whose date has passed, the earliest due first.",
    )
    due_before = MomentFilter(
        "due_at",
        method="due",
        description=(
            "Only open tasks that are due before this moment, the earliest due first: a time with"
            " its offset, or a date, with nothing of its day in UTC."
        ),
    )

    def of_caller(self, tasks: Tasks, name: str, value: str) -> Tasks:
        return tasks.assigned_to(Caller.of(cast("AuthenticatedRequest", self.request)))

    def late(self, tasks: Tasks, name: str, value: str) -> Tasks:
        return tasks.overdue(timezone.now())

    def due(self, tasks: Tasks, name: str, value: datetime) -> Tasks:
        return tasks.open().filter(due_at__lt=value)


@describe_list(
    operation_id="listOffboardingTasks",
    summary="List offboarding tasks",
    description=(
        "What removals left to be done elsewhere, in the order of the ids. Without the"
        " capability `remove_users` a caller sees their own tasks alone: those assigned to"
        " them, to one of their departments, or to the connection that asks.\n\n"
        "With `overdue` or `due_before` only open tasks are listed, the earliest due first. A"
        " page has `next` then, which `cursor` takes back for the page after it; `skip` and"
        " `after` do not go with it."
    ),
    invalid={"due_before": "Must be a date, or a time."},
)
class TaskListView(OrganizationListView[OffboardingTask]):
    tag = "Hand-over"
    queryset = TASKS.order_by("pk")
    serializer_class = TaskSerializer
    pagination_class = TaskPagination
    filterset_class = TaskFilterSet

    def get_queryset(self) -> QuerySet[OffboardingTask]:
        tasks = cast("Tasks", super().get_queryset())
        if self.authority.capabilities.isdisjoint(CHANGE_TASK.capabilities):
            return tasks.assigned_to(self.caller)
        return tasks


class TaskView(OrganizationView):
    tag = "Hand-over"
    act = CHANGE_TASK

    def is_exempt(self) -> bool:
        return True  # the service checks: the caller's own tasks take no capability

    @describe(
        operation_id="updateOffboardingTask",
        summary="Close offboarding task",
        description=(
            "Says what became of a task, or opens it again. Whoever the task is assigned to needs"
            " no capability: a person, each member of a department, or a program by the token of"
            " its connection. For others it takes `remove_users`, and they are answered 403 alike"
            " for tasks that are not there.\n\n"
            "A note and a count belong to their state: left out, they stay with the same state,"
            " and are emptied with another one. The same request again is answered the same, and"
            " nothing is written. Of two at once the last one stands, and both are in the log, as"
            " `task.closed` or `task.reopened`. Once the removal is undone, no task of it changes"
            " any more."
        ),
        request=TaskChangeSerializer,
        request_examples={
            "Done by a program": {"state": "done", "count": 4},
            "Failed": {"state": "failed", "note": "The laptop was not sent back."},
            "Opened again": {"state": "open"},
        },
        examples=[response_example(EXAMPLE)],
        responses={200: TaskSerializer},
        invalid={"note": NOT_A_STRING},
        refusals=[
            TaskNotFoundError({"task_id": examples.TASK_ID}),
            TaskCancelledError(
                {
                    "task_id": examples.TASK_ID,
                    "removal_id": examples.REMOVAL_ID,
                    "restoration_id": examples.RESTORATION_ID,
                }
            ),
        ],
    )
    def patch(self, request: AuthenticatedRequest, organization_id: str, task_id: str) -> Response:
        body = self.read_body(TaskChangeSerializer)
        task, _ = change_task(
            organization_id, task_id, TaskChange(**body.validated_data), caller=self.caller
        )
        deleted_since = TaskNotFoundError({"task_id": task_id})
        shown = first_or_raise(TASKS.filter(pk=task.pk), deleted_since)
        return Response(TaskSerializer(shown).data)
