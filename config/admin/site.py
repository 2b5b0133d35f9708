"""The application's admin site."""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path

from config.admin.deletion import delete_selected
from config.admin.form_search import FormSearchView
from config.admin.links import linked_for_reader
from config.admin.offered_filters import with_offered_filters
from config.admin.refusals import explain_refusals, plain_page, refuse_null_characters
from config.admin.sessions import LoginRefusedError, lock_own_account, require_passwords
from config.admin.times import TimeZoneForm, in_readers_zone, zone_in_use


class OffboardAdminSite(admin.AdminSite):
    """The site where staff find and remove members and read the records."""

    site_title = "Offboard"
    site_header = "Offboard"
    index_title = "Organizations and their members"
    site_url = "/v1/docs"
    enable_nav_sidebar = False  # the lists need its width
    overview_of: Callable[[HttpRequest], dict[str, Any]]  # for the first page; set by its admin

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.add_action(delete_selected)  # in place of Django's

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the overview, which has its own list of models."""
        return super().index(request, self.overview_of(request) | (extra_context or {}))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Wrap every page, Django's and our own, to explain refused changes and to show times."""
        explained = refuse_null_characters(explain_refusals(view))
        shown = linked_for_reader(in_readers_zone(explained))
        return super().admin_view(shown, cacheable)

    def get_urls(self) -> list[Any]:
        view = self.admin_view(self.time_zone)
        return [path("time-zone/", view, name="time_zone"), *super().get_urls()]

    @transaction.atomic
    def time_zone(self, request: HttpRequest) -> HttpResponse:
        """Let users choose the time zone of the pages that they read."""
        form = TimeZoneForm(request.POST or None, initial={"time_zone": zone_in_use()})
        if form.is_valid():
            lock_own_account(request)
            account: Any = request.user
            account.time_zone = form.cleaned_data["time_zone"]
            account.save(update_fields=["time_zone"])
            messages.success(request, "Times are shown in the zone that you chose.")
            return redirect("admin:time_zone")
        context = {**self.each_context(request), "title": "Time zone", "form": form}
        return TemplateResponse(request, "admin/time_zone.html", context)

    @transaction.atomic
    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Let users change their password, and nothing else of their account.

        Raises Http404 where nobody logs in with a password.
        """
        require_passwords()
        if request.method == "POST":  # Django saves every field; others may disable the account
            lock_own_account(request)
        return super().password_change(request, extra_context)

    def password_change_done(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        require_passwords()
        return super().password_change_done(request, extra_context)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        return cast("HttpResponse", FormSearchView.as_view(admin_site=self)(request))

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register models, also of other applications, with `OfferedFilters`."""
        narrowed = with_offered_filters(admin_class or admin.ModelAdmin)
        super().register(model_or_iterable, narrowed, **options)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the login form or log in; answer 429 to an address that tries too often."""
        if refusal := refuse_too_many_logins(request):
            return refusal
        ways = {
            "provider": urlsplit(settings.OIDC_ISSUER).hostname,
            "has_passwords": settings.PASSWORD_LOGIN,
        }
        context = ways | (extra_context or {})
        try:
            return super().login(request, context)
        except LoginRefusedError:
            logout(request)
            # By now the form refuses the account, as it does every disabled one.
            return super().login(request, context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {"has_provider": bool(settings.OIDC_ISSUER)}


def refuse_too_many_logins(request: HttpRequest) -> HttpResponse | None:
    """Return the 429 page for an address that tries to log in too often, else None."""
    # These need the settings, which are not loaded yet when Django imports this module.
    from config.api.throttling import AddressRateThrottle, LoginRateThrottle

    for throttle in (AddressRateThrottle(), LoginRateThrottle()):
        if not throttle.allow_request(request):
            response = plain_page(
                429, "Too many logins", "Your address asked too often. Try again later."
            )
            response["Retry-After"] = str(throttle.wait())
            return response
    return None


class OffboardAdminConfig(AdminConfig):
    """Django's admin with our site as the default one."""

    default_site = "config.admin.site.OffboardAdminSite"

    def ready(self) -> None:
        super().ready()
        from config import checks  # noqa: F401
