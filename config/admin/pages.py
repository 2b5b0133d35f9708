"""Pages of our own in the admin's frame, on which staff confirm an action or read its result."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse


def page(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    template: str,
    *,
    title: str,
    form: forms.Form | None = None,
    **context: object,
) -> TemplateResponse:
    """Return a page below a model's list; ``template`` is relative to admin/, without ".html"."""
    return TemplateResponse(
        request,
        f"admin/{template}.html",
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "has_module_permission": model_admin.has_module_permission(request),
            "has_view_permission": model_admin.has_view_or_change_permission(request),
            "title": title,
            "form": form,
            "media": model_admin.media + form.media if form else model_admin.media,
            **context,
        },
    )
