"""The admin of background jobs, read-only."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from procrastinate.contrib.django import admin as jobs_of_the_library  # noqa: F401  # registers them
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from config.admin.large_tables import ReadOnlyAdmin

# Staff do not know the library's name.
ProcrastinateJob._meta.verbose_name = "background job"
ProcrastinateJob._meta.verbose_name_plural = "background jobs"
apps.get_app_config(ProcrastinateJob._meta.app_label).verbose_name = "Background jobs"
admin.site.unregister(ProcrastinateJob)  # procrastinate's admin lets its readers cancel jobs


class JobEventInline(admin.TabularInline[ProcrastinateEvent, ProcrastinateJob]):
    """The events of a job, in order; a user who may view the job sees them."""

    model = ProcrastinateEvent
    fields = ("type", "at")
    readonly_fields = fields
    verbose_name_plural = "what became of it"
    ordering = ("pk",)
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Follow the job's page, which checks the permission for jobs."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin[ProcrastinateJob]):
    """Shows jobs to users who may view them; nobody cancels or repeats one here.

    A scheduled removal is cancelled in its list, and a delivery is sent again from its own.
    """

    list_display = ("id", "task_name", "status", "queue_name", "attempts", "scheduled_at")
    list_filter = ("status", "scheduled_at")
    fields = (
        *("id", "task_name", "args", "status", "queue_name", "lock", "queueing_lock"),
        *("priority", "scheduled_at", "attempts", "worker"),
    )
    inlines = (JobEventInline,)
    actions = None

    def title_of(self, row: ProcrastinateJob) -> str:
        return f"Job {row.pk}: {row.task_name}"
