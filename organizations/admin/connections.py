"""The admin of connections, of programs and directories, and of the identities of members."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from config.admin.columns import column
from config.admin.large_tables import LargeTableAdmin, ReadOnlyAdmin, count_or_estimate
from config.admin.links import NONE, address_of, link, list_link
from config.admin.locked_rows import LockedRow
from config.admin.pages import page
from config.admin.stale_forms import NoLostUpdates
from config.admin.times import time_in_words
from config.case_insensitive_names import require_visible
from config.characters import clean
from organizations.admin.filters import OrganizationFilter
from organizations.admin.forms import offer_departments_of
from organizations.capabilities import Capability
from organizations.connections.service import disable
from organizations.connections.tokens import issue_token
from organizations.domains.service import domains_of
from organizations.handover.directories import OPENS_NO_TASKS, opens_no_tasks
from organizations.models import Connection, ConnectionTransfer, ScimIdentity
from organizations.scim.connections import read_departments, set_departments
from users.admin.people import person
from users.login import staff_of

TRANSFERS = ("transfer_on_deactivate", "transfer_on_removal")
TYPES = ("types_on_deactivate", "types_on_removal")
# The fields that only one kind has: the page of a new connection shows those of both.
OF_KIND = {
    Connection.Kind.API: ("capabilities", "expires_at"),
    Connection.Kind.DIRECTORY: (*TRANSFERS, *TYPES, "remove_after_days", "disable_staff"),
}


# Staff know the kinds, not the API's and SCIM's words for them.
Connection._meta.verbose_name = "program or directory"
Connection._meta.verbose_name_plural = "programs and directories"
ScimIdentity._meta.verbose_name = "directory identity"
ScimIdentity._meta.verbose_name_plural = "directory identities"


class ConnectionForm(NoLostUpdates[Connection]):
    """A connection: what a program may do, and which departments take over for a directory."""

    capabilities = forms.MultipleChoiceField(
        choices=Capability.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=Connection._meta.get_field("capabilities").help_text,
    )

    types_on_deactivate = forms.CharField(
        required=False,
        label="Types on deactivation",
        widget=AdminTextareaWidget({"rows": 3}),
        help_text=(
            "Departments that take over types of resources instead, one a line: repository=dept_eng"
        ),
    )
    types_on_removal = forms.CharField(
        required=False,
        label="Types on removal",
        widget=AdminTextareaWidget({"rows": 3}),
        help_text="The same, when it removes a member.",
    )

    class Meta:
        model = Connection
        fields = ("name",)  # the admin names the others
        labels = {  # noqa: RUF012  # as Django declares it
            "transfer_on_deactivate": "Takes over on deactivation",
            "transfer_on_removal": "Takes over on removal",
            "remove_after_days": "Remove after so many days",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines: dict[str, list[str]] = {name: [] for name in TYPES}
        for transfer in self.instance.transfers_by_type.order_by("type"):
            lines[f"types_on_{transfer.moment}"].append(
                f"{transfer.type}={transfer.transferred_to_id}"
            )
        self.initial.update({name: "\n".join(its_lines) for name, its_lines in lines.items()})

    def clean_name(self) -> str:
        name = clean(self.cleaned_data["name"])
        require_visible(name)
        return name

    def clean_expires_at(self) -> datetime | None:
        """Refuse a token that works no more, or for ever. Raises ValidationError."""
        moment: datetime | None = self.cleaned_data["expires_at"]
        if "expires_at" in self.changed_data:
            if moment and moment <= timezone.now():
                raise ValidationError("Must be in the future.")
            if moment is None and not self.instance._state.adding:
                raise ValidationError("The token of a program expires.")
        return moment

    def _read(self, name: str) -> dict[str, str]:
        """Return the departments by type in a field. Raises ValidationError."""
        lines = filter(str.strip, self.cleaned_data[name].splitlines())
        return read_departments(self.instance, lines)

    def clean_types_on_deactivate(self) -> dict[str, str]:
        return self._read("types_on_deactivate")

    def clean_types_on_removal(self) -> dict[str, str]:
        return self._read("types_on_removal")

    def clean(self) -> None:
        """Refuse what only the other kind of connection has."""
        super().clean()
        kind = self.cleaned_data.get("kind", self.instance.kind)
        for owner, names in OF_KIND.items():
            for name in names:
                if owner != kind and self.cleaned_data.get(name):
                    self.add_error(name, f"Only a {owner.label.lower()} has this.")


@admin.register(Connection)
class ConnectionAdmin(LockedRow[Connection], LargeTableAdmin[Connection]):
    """The admin of connections; a token is shown once, to the user who issues it.

    A connection can be disabled but not deleted, since records name it.
    """

    form = ConnectionForm
    list_display = ("name", "kind", "organization", "state", "last_used")
    list_filter = ("kind", OrganizationFilter)
    list_select_related = ("organization",)
    autocomplete_fields = ("organization",)
    readonly_fields = (
        *("id", "state", "domains", "base_url", "members", "last_used", "previous_token_until"),
        "offboarding_tasks",
        *("disabled_at", "created_by", "rotated_by", "previous_rotated_by", "created_at"),
    )
    fixed_fields = ("organization", "kind")

    def title_of(self, row: Connection) -> str:
        return f"{row.get_kind_display()} {row} of {row.organization}"

    def get_fields(self, request: HttpRequest, obj: Connection | None = None) -> tuple[str, ...]:
        if obj is None:
            return (
                *("kind", "organization", "name", "capabilities", "expires_at"),
                *("remove_after_days", "disable_staff"),
            )
        seen = ["kind", "state", "organization"]
        own = OF_KIND[Connection.Kind(obj.kind)]
        if obj.is_directory:
            seen += ["domains", "base_url", "members"]
            if opens_no_tasks(obj):
                seen.append("offboarding_tasks")
        seen.append("last_used")
        if obj.previous_token_until:
            seen += ["previous_token_until", "previous_rotated_by"]
        if not obj.is_enabled:
            seen.append("disabled_at")
        return ("name", *seen, *own, "created_by", "rotated_by", "created_at", "id")

    def get_form(
        self, request: HttpRequest, obj: Connection | None = None, *args: Any, **options: Any
    ) -> type[forms.ModelForm[Connection]]:
        form = super().get_form(request, obj, *args, **options)
        if obj:
            offer_departments_of(obj.organization, form, *TRANSFERS, admin_site=self.admin_site)
        return form

    def has_change_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return (obj is None or obj.is_enabled) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False

    def object_tools(
        self, request: HttpRequest, row: Connection
    ) -> Iterator[tuple[str, str, bool]]:
        if self.has_change_permission(request, row):
            name = "admin:organizations_connection"
            yield reverse(f"{name}_rotation", args=[row.pk]), "Issue another token", False
            yield reverse(f"{name}_disabling", args=[row.pk]), "Disable", True

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "organizations_connection"
        return [
            path("<str:connection_id>/token/", view(self.rotation), name=f"{name}_rotation"),
            path("<str:connection_id>/disable/", view(self.disabling), name=f"{name}_disabling"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        """Save it with its departments by type; record the user who makes it and sees its token."""
        if not change:
            obj.created_by = staff_of(request)
        super().save_model(request, obj, form, change)
        for moment in ConnectionTransfer.Moment:
            if (name := f"types_on_{moment}") in form.changed_data:
                set_departments(obj, moment, form.cleaned_data[name])

    def response_add(
        self, request: HttpRequest, obj: Connection, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the first token of a new connection; warn of a directory that can add nobody."""
        if obj.is_directory and not domains_of(obj.organization_id):
            self.message_user(request, self._without_domains(obj), messages.WARNING)
        return self._token_page(request, obj, issue_token(obj))

    @transaction.atomic
    def rotation(self, request: HttpRequest, connection_id: str) -> HttpResponse:
        """Ask for confirmation, then issue another token and show it."""
        connection = self.find_to_change(request, connection_id)
        if request.method == "POST":
            token = issue_token(
                connection, shown_to=staff_of(request), revoke_old="revoke_old" in request.POST
            )
            self.log_change(request, connection, "Another token was issued.")
            return self._token_page(request, connection, token)
        return page(
            self,
            request,
            "organizations/connection/rotation",
            title=f"Another token for {connection}?",
            connection=connection,
            revoke_old="revoke_old" in request.GET,
            back=address_of(connection),
        )

    @transaction.atomic
    def disabling(self, request: HttpRequest, connection_id: str) -> HttpResponse:
        """Ask for confirmation, then disable the connection."""
        connection = self.find_to_change(request, connection_id)
        if request.method == "POST":
            if disable(connection):
                self.log_change(request, connection, "Disabled.")
            self.message_user(request, f"{connection} is disabled.", messages.SUCCESS)
            return redirect(address_of(connection))
        return page(
            self,
            request,
            "organizations/connection/disabling",
            title=f"Disable {connection}?",
            connection=connection,
            is_dangerous=True,
            back=address_of(connection),
        )

    def _token_page(self, request: HttpRequest, connection: Connection, token: str) -> HttpResponse:
        """Return the page that shows a new token, which cannot be shown again."""
        return page(
            self,
            request,
            "organizations/connection/token",
            title=f"The token of {connection}",
            connection=connection,
            token=token,
            base_url=request.build_absolute_uri(self.base_url(connection)),
        )

    @admin.display(description="State")
    def state(self, connection: Connection) -> str:
        if not connection.is_enabled:
            return "Disabled"
        return "Expired" if connection.is_expired else "Enabled"

    @admin.display(description="Last used")
    def last_used(self, connection: Connection) -> str:
        """Return when a directory last sent a request, or the day on which a program did."""
        if connection.is_directory:
            seen = connection.last_request_at
            return time_in_words(seen) if seen else "-"
        return date_format(connection.last_used_on) if connection.last_used_on else "-"

    @admin.display(description="Base URL, after this site's address")
    def base_url(self, connection: Connection) -> str:
        """Return the base URL for the system, as a path."""
        base = "/scim/v2" if connection.is_directory else "/v1"
        return f"{base}/organizations/{connection.organization_id}"

    @admin.display(description="Mail domains")
    def domains(self, connection: Connection) -> str:
        """Return the domains whose accounts it makes, or that it has none, with what to do."""
        names = domains_of(connection.organization_id)
        return ", ".join(names) if names else self._without_domains(connection)

    def _without_domains(self, connection: Connection) -> str:
        """Return what to do for a directory of an organization without a mail domain."""
        organization = link(connection.organization)
        return format_html("No mail domain: it can add nobody until {} has one.", organization)

    @admin.display(description="Types on deactivation")
    def types_on_deactivate(self, connection: Connection) -> str:
        """Return the departments for a reader, who sees no form."""
        return self._types_on(connection, ConnectionTransfer.Moment.DEACTIVATE)

    @admin.display(description="Types on removal")
    def types_on_removal(self, connection: Connection) -> str:
        return self._types_on(connection, ConnectionTransfer.Moment.REMOVAL)

    def _types_on(self, connection: Connection, moment: ConnectionTransfer.Moment) -> str:
        transfers = connection.transfers_by_type.filter(moment=moment).select_related(
            "transferred_to"
        )
        return (
            ", ".join(f"{each.type}: {each.transferred_to}" for each in transfers.order_by("type"))
            or NONE
        )

    @admin.display(description="Offboarding tasks")
    def offboarding_tasks(self, connection: Connection) -> str:
        return OPENS_NO_TASKS

    @admin.display(description="Members it manages")
    def members(self, connection: Connection) -> str:
        if not connection.is_enabled:
            return "-"
        number = count_or_estimate(ScimIdentity.objects.of(connection))
        return list_link(ScimIdentity, f"{number:,}", organization=connection.organization_id)


@admin.register(ScimIdentity)
class ScimIdentityAdmin(ReadOnlyAdmin[ScimIdentity]):
    """Shows directories' identities of members: the names and ids that they use.

    Identities that a removal ended, and those of disabled connections, are left out.
    """

    directory = column("connection", "Directory")
    made_by = column("account_made_by", "Account made by")
    list_display = ("user_name", "whose", "organization", "external_id", "name", "directory")
    list_filter = (OrganizationFilter,)
    list_select_related = ("user", "organization", "connection")
    search_fields = ("user",)
    search_help_text = "Who it is here: a name, how an e-mail address begins, or an id."
    fieldsets = (
        ("What the directory sees", {"fields": ("user_name", "external_id", "name")}),
        (
            "Who it is here",
            {"fields": ("user", "organization", "directory", "made_by", "changed_at")},
        ),
    )

    def title_of(self, row: ScimIdentity) -> str:
        return f"{row.user.name} in {row.connection}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScimIdentity]:
        enabled = Connection.objects.directories().enabled()
        return super().get_queryset(request).filter(ended_at=None, connection__in=enabled)

    @admin.display(description="User", ordering="user")
    def whose(self, identity: ScimIdentity) -> str:
        return person(identity.user)

    @admin.display(description="Name")
    def name(self, identity: ScimIdentity) -> str:
        given = f"{identity.given_name} {identity.family_name}".strip()
        return identity.display_name or identity.formatted_name or given or "-"
