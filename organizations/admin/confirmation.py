"""The pages on which staff confirm an action or read its result."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from organizations.admin.forms import OrganizationChoiceForm


def confirmation_page(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    template: str,
    *,
    title: str,
    form: forms.Form | None = None,
    **context: object,
) -> TemplateResponse:
    """Return a page in the admin's frame; ``template`` is relative to admin/organizations/."""
    return TemplateResponse(
        request,
        f"admin/organizations/{template}.html",
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "title": title,
            "form": form,
            "media": model_admin.media + form.media if form else model_admin.media,
            **context,
        },
    )


def organization_choice_page(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, *, title: str
) -> TemplateResponse:
    """Return the page that asks for an organization, and asks this address again with it."""
    form = OrganizationChoiceForm(model_admin.admin_site)
    return confirmation_page(model_admin, request, "organization_choice", title=title, form=form)
