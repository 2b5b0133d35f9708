"""The admin of offboarding steps, which are made, changed and deleted by their service."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import Q
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.utils.html import format_html, format_html_join

from config.admin.columns import column
from config.admin.deletion import GuardedDeletion
from config.admin.links import NONE, link
from config.admin.stale_forms import NoLostUpdates
from organizations.admin.filters import OrganizationFilter
from organizations.admin.forms import SelectOfOrganization
from organizations.admin.organization_choice import OrganizationFirst, organization_of
from organizations.guards.acts import ADD_STEP
from organizations.guards.caller import Staff
from organizations.handover.steps import (
    StepFields,
    change_step,
    create_step,
    delete_step,
)
from organizations.models import (
    Connection,
    Department,
    Membership,
    OffboardingStep,
    OffboardingTask,
    Organization,
    Removal,
    Resource,
)

SAID = ("title", "description", "applies_to_type", "due_days", "position", "enabled")
ASSIGNEES = ("person", "assigned_to_department", "assigned_to_connection")


class StepForm(NoLostUpdates[OffboardingStep]):
    """A step, with the person, the department or the system that its tasks are assigned to."""

    person = forms.ModelChoiceField(
        Membership.objects.none(), required=False, label="Assigned to a person"
    )

    class Meta:
        model = OffboardingStep
        fields = ("organization", "key", *SAID, *ASSIGNEES[1:])
        labels = {  # noqa: RUF012  # as Django declares them
            "applies_to_type": "Only for owners of",
            "assigned_to_department": "Or to a department",
            "assigned_to_connection": "Or to a system",
            "due_days": "Due after so many days",
        }
        widgets = {"description": AdminTextareaWidget({"rows": 3})}  # noqa: RUF012

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["person"] = assigned_member(self.instance)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        assigned = [name for name in ASSIGNEES if self.cleaned_data.get(name)]
        for name in assigned[1:]:
            self.add_error(name, "Choose one: a person, a department or a system.")
        return cleaned

    def step_fields(self, names: Collection[str]) -> StepFields:
        """Return these fields of the form as arguments of the service."""
        chosen = self.cleaned_data
        fields: dict[str, Any] = {name: chosen[name] for name in SAID if name in names}
        if "person" in names:
            fields["assigned_to_user_id"] = chosen["person"] and chosen["person"].user_id
        for name in ASSIGNEES[1:]:
            if name in names:
                fields[f"{name}_id"] = chosen[name] and chosen[name].pk
        return cast("StepFields", fields)


@admin.register(OffboardingStep)
class OffboardingStepAdmin(GuardedDeletion[OffboardingStep], OrganizationFirst[OffboardingStep]):
    """The admin of steps. An organization's page lists its steps in order and adds one."""

    form = StepForm
    organization_question = "Add an offboarding step to which organization?"
    due = column("due_days", "Due after days")
    applies_to = column("applies_to_type", "Only for owners of")
    list_display = ("title", "organization", "assigned_to", "due", "applies_to", "enabled")
    list_filter = ("enabled", OrganizationFilter)
    list_select_related = (
        *("organization", "assigned_to_user", "assigned_to_department"),
        "assigned_to_connection",
    )
    search_fields = ("id", "organization")
    search_help_text = "An id, or how words of the organization's name begin."
    readonly_fields = ("id",)
    fixed_fields = ("organization", "key")
    fields = (
        *("organization", "title", "key", "description", *ASSIGNEES, "applies_to_type"),
        *("due_days", "position", "enabled"),
    )
    prepopulated: ClassVar[dict[str, Sequence[str]]] = {"key": ("title",)}

    def title_of(self, row: OffboardingStep) -> str:
        return f"{row.title}: offboarding from {row.organization}"

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: OffboardingStep | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if obj else self.prepopulated

    def get_form(
        self, request: HttpRequest, obj: OffboardingStep | None = None, *args: Any, **options: Any
    ) -> type[forms.ModelForm[OffboardingStep]]:
        """Return the form; its selects offer rows of the organization."""
        form = super().get_form(request, obj, *args, **options)
        organization = obj.organization if obj else organization_of(request)
        if organization is None:
            return form
        fields: dict[str, Any] = form.base_fields
        if "organization" in fields:
            fields["organization"] = forms.ModelChoiceField(
                Organization.objects.filter(pk=organization.pk),
                initial=organization,
                disabled=True,
                empty_label=None,
            )
        # The present assignee stays a choice after leaving or being disabled.
        present = assigned_member(obj) if obj else None
        members = Membership.objects.filter(Q(is_active=True) | Q(pk=present and present.pk))
        systems = Q(kind=Connection.Kind.API, disabled_at=None)
        if obj:
            systems |= Q(pk=obj.assigned_to_connection_id)
        for name, source, rows in (
            ("person", Removal._meta.get_field("membership"), members),
            ("assigned_to_department", Resource._meta.get_field("department"), Department.objects),
        ):
            if name in fields:
                fields[name].widget = SelectOfOrganization(source, organization, self.admin_site)
                fields[name].queryset = rows.filter(organization=organization)
        if "assigned_to_connection" in fields:
            fields["assigned_to_connection"].widget = forms.Select()
            fields["assigned_to_connection"].queryset = Connection.objects.filter(
                systems, organization=organization
            )
        return form

    def save_model(
        self, request: HttpRequest, obj: OffboardingStep, form: StepForm, change: bool
    ) -> None:
        caller = Staff.at(request)
        if change:
            fields = form.step_fields(form.changed_data)
            change_step(obj.organization_id, obj.key, caller=caller, **fields)
        else:
            fields = form.step_fields(form.fields)
            obj.pk = create_step(obj.organization_id, obj.key, caller=caller, **fields).pk

    def delete_model(self, request: HttpRequest, obj: OffboardingStep) -> None:
        delete_step(obj.organization_id, obj.key, caller=Staff.at(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return ADD_STEP.is_staffs(request.user)

    @admin.display(description="Assigned to")
    def assigned_to(self, step: OffboardingStep) -> str:
        return assignee_of(step)

    @admin.display(description="Assigned to a person")
    def person(self, step: OffboardingStep) -> str:
        """Return the assignee for a reader, who sees no form."""
        return step.assigned_to_user.name if step.assigned_to_user else NONE


def list_of_steps(organization: Organization) -> str:
    """Return the steps of an organization in order, each with a link to its page."""
    steps = organization.offboarding_steps.in_order().select_related(
        "assigned_to_user", "assigned_to_department", "assigned_to_connection"
    )
    lines = format_html_join("", "<li>{}{}</li>", ((link(s), _summary_of(s)) for s in steps))
    return format_html('<ol class="steps">{}</ol>', lines) if lines else NONE


def _summary_of(step: OffboardingStep) -> str:
    """Return whom a step is assigned to, when it is due, and whom it concerns."""
    parts = [f": {assignee_of(step)}"]
    if step.due_days is not None:
        days = f"{step.due_days} day{pluralize(step.due_days)}"
        parts.append(f"due after {days}" if step.due_days else "due at once")
    if step.applies_to_type:
        parts.append(f"only for owners of {step.applies_to_type}")
    if not step.enabled:
        parts.append("not enabled")
    return ", ".join(parts)


def assigned_member(step: OffboardingStep) -> Membership | None:
    """Return the latest membership of the person whom a step is assigned to, ended or not."""
    if step.assigned_to_user_id is None:
        return None
    tenures = Membership.objects.of(step.organization_id, [step.assigned_to_user_id])
    return tenures.order_by("pk").last()


def assignee_of(step: OffboardingStep | OffboardingTask) -> str:
    """Return whom a step or a task is assigned to, as text."""
    person = step.assigned_to_user
    return str(
        (person and person.name)
        or step.assigned_to_department
        or step.assigned_to_connection
        or "nobody"
    )
