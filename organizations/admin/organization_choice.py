"""The page that asks for the organization to which staff add something."""

from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest, HttpResponse

from config.admin.large_tables import LargeTableAdmin, Row
from config.admin.pages import page
from config.identifiers import only_ids
from organizations.models import Membership, Organization


def organization_of(request: HttpRequest) -> Organization | None:
    """Return the organization that the page's address or form names, or None."""
    given = request.GET.get("organization") or request.POST.get("organization") or ""
    return Organization.objects.filter(pk__in=only_ids("org", [given])).first()


class OrganizationFirst(LargeTableAdmin[Row]):
    """Asks for the organization before it shows the form that adds a row."""

    organization_question: ClassVar[str]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if organization_of(request) or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        form = forms.Form()
        form.fields["organization"] = forms.ModelChoiceField(
            Organization.objects.all(),
            widget=AutocompleteSelect(Membership._meta.get_field("organization"), self.admin_site),
        )
        title = self.organization_question
        return page(self, request, "organizations/organization_choice", title=title, form=form)
