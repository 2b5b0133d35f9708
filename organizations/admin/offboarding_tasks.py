"""The admin of offboarding tasks, which staff close and reopen."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import methodcaller
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from config.admin.columns import column
from config.admin.filters import QuerySetFilter
from config.admin.history import RecordedHistory
from config.admin.large_tables import ReadOnlyAdmin
from config.admin.links import NONE, address_of, link
from config.admin.pages import page
from config.admin.times import time_in_words
from organizations.admin.filters import OrganizationFilter
from organizations.admin.offboarding_steps import assignee_of
from organizations.guards.acts import CHANGE_TASK
from organizations.guards.caller import Staff
from organizations.handover.closing import TaskChange, change_task
from organizations.models import Event, OffboardingTask, Removal, Restoration
from organizations.models.offboarding_task import LONGEST_NOTE, OffboardingTaskQuerySet
from users.admin.people import person

State = OffboardingTask.State
Choices = Sequence[tuple[State, str]]  # the states that a task can get, and their buttons

CLOSINGS = ((State.DONE, "Done"), (State.SKIPPED, "Skip"), (State.FAILED, "Failed"))
REOPENING = ((State.OPEN, "Reopen"),)


class StateFilter(QuerySetFilter):
    """Filters tasks by their state, or for those that are overdue."""

    title = "state"
    parameter_name = "state"
    narrowings = (
        ("overdue", "Overdue", lambda tasks: tasks.overdue(timezone.now())),
        ("open", "Open", OffboardingTaskQuerySet.open),
        *(
            (state, name, methodcaller("filter", state=state))
            for state, name in State.choices
            if state != State.OPEN
        ),
    )


class AssigneeFilter(QuerySetFilter):
    """Filters for the reader's own tasks."""

    title = "who is to do it"
    parameter_name = "assigned_to"
    narrowings = (("me", "I, or a department of mine", OffboardingTaskQuerySet.all),)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        tasks = cast("OffboardingTaskQuerySet", super().queryset(request, queryset))
        return tasks.assigned_to(Staff.at(request)) if self.value() else tasks


class ClosingForm(forms.Form):
    """The new state of a task, with a note and a count."""

    state = forms.ChoiceField(choices=State.choices)
    note = forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        widget=AdminTextareaWidget({"rows": 3}),
        help_text="Optional. It stays on the record.",
    )
    count = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="Optional: how many things were passed on there.",
    )


@admin.register(OffboardingTask)
class OffboardingTaskAdmin(RecordedHistory[OffboardingTask], ReadOnlyAdmin[OffboardingTask]):
    """Shows tasks; staff close and reopen them on a page of its own, or on the removal's record."""

    task = column("title", "Task")
    status = column("state", "State")
    closed = column("closed_at", "Closed at")
    passed_on = column("count", "Passed on there")
    list_display = (
        *("task", "leaver", "organization", "assigned_to", "due", "status", "closed_by_whom"),
        "closed",
    )
    list_filter = (StateFilter, AssigneeFilter, OrganizationFilter)
    search_fields = ("id", "removal__id", "removal__membership__user")
    search_help_text = (
        "Who was removed: a name, how an e-mail address begins, or an id. Or the id of a record."
    )
    actions = None
    recorded_columns = ("done_at", "what", "by", "through")
    fieldsets = (
        (
            None,
            {"fields": ("title", "description", "leaver", "organization", "removed_at", "record")},
        ),
        ("What is to be done", {"fields": ("assigned_to", "due")}),
        (
            "What became of it",
            {"fields": ("status", "note", "passed_on", "closed_by_whom", "closed", "id")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[OffboardingTask]:
        # Django ignores list_select_related if the queryset has some already.
        tasks = OffboardingTask.objects.with_assignees().select_related(
            *("removal__membership__user", "organization", "closed_by", "closed_by_connection")
        )
        return tasks.order_by(*self.ordering)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.closing)
        name = "organizations_offboardingtask_closing"
        return [path("<str:task_id>/closing/", view, name=name), *super().get_urls()]

    def title_of(self, row: OffboardingTask) -> str:
        return f"{row.title}: {row.removal.membership.user.name}, {row.organization}"

    def recorded(self, row: OffboardingTask) -> QuerySet[Event]:
        leaver = row.removal.membership.user_id
        events = Event.objects.filter(organization=row.organization_id, user=leaver)
        return events.filter(data__task_id=row.pk)

    def recorded_filters(self, row: OffboardingTask) -> dict[str, str]:
        return {"q": row.removal.membership.user_id, "organization": row.organization_id}

    def object_tools(
        self, request: HttpRequest, row: OffboardingTask
    ) -> Iterator[tuple[str, str, bool]]:
        [task_row] = rows_of(request, [row])
        if task_row.choices:
            text = "Close or skip" if row.state == State.OPEN else "Reopen"
            yield reverse("admin:organizations_offboardingtask_closing", args=[row.pk]), text, False

    def closing(self, request: HttpRequest, task_id: str) -> HttpResponse:
        """Ask for a task's new state; then close or reopen it, and lead to its record."""
        task = OffboardingTask.objects.with_assignees().named(task_id).first()
        if task is None:
            raise Http404
        [row] = rows_of(request, [task])
        if not row.may_change:
            raise PermissionDenied
        is_posted = request.method == "POST"
        is_open = task.state == State.OPEN
        said = {"note": task.note, "count": task.count} if is_open else {}
        form = ClosingForm(request.POST if is_posted else None, initial=said)
        back = self._back(request, task)
        if is_posted and form.is_valid():
            self._change(request, task, form.cleaned_data)
            return redirect(back)
        return page(
            self,
            request,
            "organizations/offboardingtask/closing",
            title=self.title_of(task),
            form=form,
            task=task,
            choices=row.choices,
            back=back,
        )

    def _change(self, request: HttpRequest, task: OffboardingTask, said: dict[str, Any]) -> None:
        """Change the task, write the admin's log, and report it. Raises ContractError."""
        task, changed = change_task(
            task.organization_id,
            task.pk,
            TaskChange(State(said["state"]), note=said["note"], count=said["count"]),
            caller=Staff.at(request),
        )
        done = f"{task.title}: {task.get_state_display().lower()}."
        if changed:
            self.log_change(request, task, done)
        self.message_user(request, done, messages.SUCCESS)

    def _back(self, request: HttpRequest, task: OffboardingTask) -> str:
        """Return the address of the removal's record, else of the task, else of the first page.

        Whoever a task is assigned to may close it without a permission to see either.
        """
        records = self.admin_site.get_model_admin(Removal)
        if records.has_view_permission(request):
            return f"{address_of(Removal(pk=task.removal_id))}#tasks"
        return address_of(task) if self.has_view_permission(request) else reverse("admin:index")

    @admin.display(description="Who was removed")
    def leaver(self, task: OffboardingTask) -> str:
        return link(task.removal.membership, person(task.removal.membership.user))

    @admin.display(description="Assigned to")
    def assigned_to(self, task: OffboardingTask) -> str:
        return _present_assignee_of(task)

    @admin.display(description="Due", ordering="due_at")
    def due(self, task: OffboardingTask) -> str:
        return _due_of(task) or NONE

    @admin.display(description="Closed by")
    def closed_by_whom(self, task: OffboardingTask) -> str:
        return _closer_of(task) or NONE

    @admin.display(description="Removed at")
    def removed_at(self, task: OffboardingTask) -> str:
        return time_in_words(task.removal.created_at)

    @admin.display(description="Record of the removal")
    def record(self, task: OffboardingTask) -> str:
        what = "See what the removal took, and its other tasks"
        return link(task.removal, what, otherwise=NONE)


def _present_assignee_of(task: OffboardingTask) -> str:
    """Return the assignee as text; say so where the assignee has left and nobody has the task."""
    name = task.department_name or assignee_of(task)
    has_lost_department = task.department_name and not task.assigned_to_department
    if task.falls_to_nobody or (task.state == State.OPEN and has_lost_department):
        return f"nobody: {name} is not there any more"
    return name


def _due_of(task: OffboardingTask) -> str:
    """Return when a task is due, and whether it is overdue; "" without a due date."""
    if task.due_at is None:
        return ""
    return f"{time_in_words(task.due_at)}{', overdue' if task.is_overdue else ''}"


def _closer_of(task: OffboardingTask) -> str:
    """Return who or what closed a task, as text; "" for an open one."""
    return str(task.closed_by_connection or (task.closed_by and task.closed_by.name) or "")


def rows_of(request: HttpRequest, tasks: Iterable[OffboardingTask]) -> "list[TaskRow]":
    """Return each task with the states that the user can give it.

    The number of SQL statements does not depend on how many there are.
    """
    tasks = list(tasks)
    keys = [task.pk for task in tasks]
    own = OffboardingTask.objects.filter(pk__in=keys).assigned_to(Staff.at(request))
    is_staffs = CHANGE_TASK.is_staffs(request.user)
    theirs = keys if is_staffs else set(own.values_list("pk", flat=True))
    restorations = Restoration.objects.filter(removal__in=[task.removal_id for task in tasks])
    undone_at = dict(restorations.values_list("removal", "created_at"))
    return [
        TaskRow(task, may_change=task.pk in theirs, undone_at=undone_at.get(task.removal_id))
        for task in tasks
    ]


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as a page shows it to a user."""

    task: OffboardingTask
    may_change: bool
    undone_at: datetime | None  # when its removal was undone, after which no task of it changes

    @property
    def choices(self) -> Choices:
        """Return the states that the reader can give the task, each with its button."""
        if self.undone_at or not self.may_change:
            return ()
        return CLOSINGS if self.task.state == State.OPEN else REOPENING

    @property
    def story(self) -> str:
        """Return the state in a sentence: who closed the task and when, or who has it."""
        task = self.task
        if task.closed_at:
            by = _closer_of(task)
            when = time_in_words(task.closed_at)
            passed_on = "" if task.count is None else f"; {task.count:,} passed on there"
            state, then = task.get_state_display(), ""
            if task.state == State.CANCELLED and self.undone_at and task.closed_at < self.undone_at:
                state, then = State.FAILED.label, "; cancelled when the removal was undone"
            return f"{state}{f' by {by}' if by else ''}, {when}{passed_on}{then}."
        due = f", due {when}" if (when := _due_of(task)) else ""
        return f"Open, for {_present_assignee_of(task)}{due}."
