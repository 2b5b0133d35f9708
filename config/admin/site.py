"""The admin site under this application's name."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse

from config.admin.null_characters import refuse_null_characters
from config.admin.refused_changes import explain_refusals

if TYPE_CHECKING:
    from users.models import User


class OffboardAdminSite(admin.AdminSite):
    """Where staff find leavers, remove them, and read the record."""

    site_title = "Offboard"
    site_header = "Offboard"
    index_title = "Organizations and their members"
    site_url = "/v1/docs"
    enable_nav_sidebar = False  # the lists need its width; the first page is one step away

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Return a page of the site, Django's or our own, that tells what the database refuses."""
        return super().admin_view(refuse_null_characters(explain_refusals(view)), cacheable)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the form, or log in; an address that asks too often waits, whoever it tries."""
        # These need the settings, which are not there yet when Django loads this module.
        from config.admin.plain_page import plain_page
        from config.api.throttling import AddressRateThrottle
        from users.login import LoginRateThrottle

        for throttle in (AddressRateThrottle(), LoginRateThrottle()):
            if not throttle.allow_request(request):
                response = plain_page(
                    429, "Too many logins", "Your address asked too often. Try again later."
                )
                response["Retry-After"] = f"{throttle.wait() or 0:.0f}"
                return response
        return super().login(request, extra_context)


class OffboardAdminConfig(AdminConfig):
    """Django's admin with our site as the default one."""

    default_site = "config.admin.site.OffboardAdminSite"

    def ready(self) -> None:
        """Register the checks of the settings, too."""
        super().ready()
        from config import checks  # noqa: F401


def staff_of(request: HttpRequest) -> "User":
    """Return the account that is logged in: the admin shows its pages to nobody else."""
    return cast("User", request.user)
