"""Lists of records that staff can export as CSV, with the list's filters."""

from typing import Any, TypeVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from config.admin.large_tables import ReadOnlyAdmin, amount
from config.admin.links import address_of_list
from config.admin.pages import page
from organizations.export.csv_file import Export
from organizations.guards.acts import EXPORT_LOG

Row = TypeVar("Row", bound=Model)


class ExportForm(forms.Form):
    """The columns of the file besides ids, counts and times."""

    include_names = forms.BooleanField(required=False, label="With names and e-mail addresses")
    include_reason = forms.BooleanField(
        required=False, label="With reasons", help_text="Reasons are free text."
    )


class ExportedAdmin(ReadOnlyAdmin[Row]):
    """Offers the list, with its search and filters, as a file to users who may export."""

    export: Export[Any]
    change_list_template = "admin/organizations/exported_list.html"

    def may_export(self, request: HttpRequest) -> bool:
        """Return whether the user may see the list and export records."""
        return self.has_view_permission(request) and EXPORT_LOG.is_staffs(request.user)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/", view, name=name), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        return super().changelist_view(
            request, {"may_export": self.may_export(request)} | (extra_context or {})
        )

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Ask for the file's columns, then send it."""
        if not self.may_export(request):
            raise PermissionDenied
        changelist = self.get_changelist_instance(request)
        form = ExportForm(request.POST or None)
        if form.is_valid():
            return self.export.response(
                changelist.get_queryset(request).select_related(None).prefetch_related(None),
                include_organization=True,
                **form.cleaned_data,
            )
        return page(
            self,
            request,
            "organizations/export",
            title=f"Export {self.opts.verbose_name_plural}",
            form=form,
            number=amount(changelist.result_count),
            is_one=changelist.result_count == 1,
            back=f"{address_of_list(self.model)}{changelist.get_query_string()}",
        )
