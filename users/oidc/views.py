"""The views of logging in at the provider, and of linking a login to an account."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

import structlog
from csp.constants import SELF
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView

from config.admin.refusals import plain_page
from config.admin.sessions import LoginRefusedError
from config.admin.site import refuse_too_many_logins
from users.login import staff_of
from users.oidc.backend import LINKING
from users.oidc.provider import PROVIDER_FAULTS, setting

View = Callable[[HttpRequest], HttpResponseBase]

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def where_there_is_a_provider(view: View) -> View:
    """Limit logins, and answer 404 without OIDC_ISSUER and 503 if the provider fails."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        if not settings.OIDC_ISSUER:
            raise Http404
        if refusal := refuse_too_many_logins(request):
            return refusal
        try:
            return view(request)
        except PROVIDER_FAULTS as fault:
            logger.error("oidc_provider_failed", exc_info=fault)
            return plain_page(
                503,
                "The login service does not answer",
                "It failed, or answered what cannot be used. Try again in a moment.",
            )

    return guarded


class LoginView(OIDCAuthenticationRequestView):  # type: ignore[misc]  # it has no types
    """Redirects to the provider, with a state, a nonce and a challenge that the session keeps."""

    get_settings = staticmethod(setting)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Begin a login, and give up a link that was begun before."""
        request.session.pop(LINKING, None)
        response: HttpResponse = super().get(request)
        return response


class LinkingView(OIDCAuthenticationRequestView):  # type: ignore[misc]
    """Redirects staff who are logged in to the provider, to link a login to their account."""

    get_settings = staticmethod(setting)

    def get_extra_params(self, request: HttpRequest) -> dict[str, str]:
        # The provider's session in this browser may be another person's.
        return {"prompt": "login"}


class CallbackView(OIDCAuthenticationCallbackView):  # type: ignore[misc]
    """Logs in the person whom the provider redirects back, or links their login."""

    get_settings = staticmethod(setting)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Handle the provider's redirect, which ends a link that was begun."""
        if "error" in request.GET:
            # The package would log the user out, so any other site could do so by a link.
            if states := request.session.get("oidc_states"):
                states.pop(request.GET.get("state"), None)
                request.session.modified = True
            response = self.login_failure()
        else:
            response = super().get(request)
        self.request.session.pop(LINKING, None)
        return response

    @property
    def links(self) -> bool:
        """Return whether a login is being linked, which another tab may give up."""
        return LINKING in self.request.session

    def login_success(self) -> HttpResponse:
        if not self.links:
            try:
                response: HttpResponse = super().login_success()
            except LoginRefusedError:
                logout(self.request)
                return self.login_failure()
            return response
        messages.success(self.request, "From now on you can log in this way, too.")
        return redirect("oidc_link")

    def login_failure(self) -> HttpResponse:
        if self.links:
            messages.error(
                self.request,
                "Nothing was linked: the login is another account's, or yours is disabled.",
            )
            return redirect("oidc_link")
        by_yourself = "Log in with your password and link it first, or ask"
        return plain_page(
            403,
            "This login opens no account here",
            f"{by_yourself if settings.PASSWORD_LOGIN else 'Ask'} a superuser: an account must be"
            " there, be staff and not be disabled.",
        )


login = where_there_is_a_provider(LoginView.as_view())
callback = where_there_is_a_provider(CallbackView.as_view())


@require_http_methods(["GET", "POST"])
def link(request: HttpRequest) -> HttpResponseBase:
    """Show whether a login is linked to the account; on POST, begin to link another one."""
    if request.method == "POST":
        request.session[LINKING] = staff_of(request).pk
        begin = LinkingView()
        begin.setup(request)
        response: HttpResponse = begin.get(request)
        return response
    linked = staff_of(request).oidc_logins.filter(issuer=settings.OIDC_ISSUER).first()
    page = TemplateResponse(
        request,
        "admin/users/oidc_link.html",
        {
            **admin.site.each_context(request),
            "title": "Log in by OpenID Connect",
            "provider": urlsplit(settings.OIDC_ISSUER).hostname,
            "linked": linked,
        },
    )
    # The form redirects to the provider.
    endpoint = urlsplit(setting("OIDC_OP_AUTHORIZATION_ENDPOINT"))
    allowed = {"form-action": [SELF, f"{endpoint.scheme}://{endpoint.netloc}"]}
    page._csp_update = allowed  # type: ignore[attr-defined]  # where django-csp looks
    return page
