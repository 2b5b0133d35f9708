"""Authenticates a directory's request and has the protocol answer it."""

import json
from http import HTTPStatus

import structlog
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import Error, connection
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import Throttled

from config.api.envelope import challenge
from config.api.errors import TokenInvalidError
from config.database_errors import DATABASE_FAILURES, RETRY_AFTER_SECONDS, log_database_failure
from config.serving import will_serve
from config.trace import announce_failure, trace_id_of
from organizations.models import Connection, ConnectionToken
from organizations.scim.connections import authenticate, count_request
from organizations.scim.errors import error_response
from users.authentication import bearer_token

MOST_BYTES = 64 * 1024
MOST_BYTES_OF_A_GROUP = 1024 * 1024  # which names its members
# Django reads a body without Content-Length as empty under WSGI.
WITH_BODY = ("POST", "PUT", "PATCH")
# RFC 7643, section 5: clients read there how to authenticate.
PUBLIC = "ServiceProviderConfig"

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@receiver(will_serve)
def load_protocol(**_: object) -> None:
    """Load the protocol before this process serves, if a directory is connected.

    Without one, or if the database does not answer, the first request loads it.
    """
    try:
        if Connection.objects.directories().enabled().exists():
            from organizations.scim import protocol  # noqa: F401
    except Error as error:
        logger.warning("protocol_not_loaded", error=type(error).__name__)
    finally:
        connection.close()


@csrf_exempt
def scim(request: HttpRequest, organization_id: str, resource: str) -> HttpResponse:
    """Answer one request of an organization's directory."""
    try:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return error_response(HTTPStatus.FORBIDDEN, "SCIM is available over HTTPS only.")
        count_request(request)
        is_public = resource == PUBLIC and _method_of(request) == "GET"
        token = None if is_public else authenticate(request, organization_id)
        return _answer(request, token, f"/{resource}")
    except TokenInvalidError:
        refusal = error_response(HTTPStatus.UNAUTHORIZED, "The token is missing or not valid here.")
        refusal["WWW-Authenticate"] = challenge(is_wrong=bearer_token(request) is not None)
        return refusal
    except Throttled as throttled:
        refusal = error_response(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests.")
        refusal["Retry-After"] = f"{getattr(throttled, 'wait', None) or 0:.0f}"
        return refusal
    except UnreadablePostError:
        return error_response(HTTPStatus.BAD_REQUEST, "The body could not be read.")
    except SuspiciousOperation:  # too many parameters, or a host that is none
        return error_response(HTTPStatus.BAD_REQUEST, "The request could not be read.")
    except DATABASE_FAILURES as fault:
        log_database_failure(fault)
        refusal = error_response(
            HTTPStatus.SERVICE_UNAVAILABLE, "The service is busy. Try again shortly."
        )
        refusal["Retry-After"] = RETRY_AFTER_SECONDS
        return refusal
    except Exception:
        announce_failure(request)
        return error_response(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side.")


def _answer(request: HttpRequest, token: ConnectionToken | None, path: str) -> HttpResponse:
    most = _most_bytes(path)
    body = request.read(most + 1)
    if len(body) > most:
        detail = f"The body is over {most // 1024} KiB."
        return error_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    if request.method in WITH_BODY and not body and "Transfer-Encoding" in request.headers:
        detail = "The body must be sent with a Content-Length."
        return error_response(HTTPStatus.LENGTH_REQUIRED, detail)
    # Loaded here, at the first request: see the package.
    from scim2_server.requests import ScimRequest

    from organizations.scim.protocol import answer

    address = request.build_absolute_uri(request.path)
    answered = answer(
        ScimRequest(
            method=_method_of(request),
            base_url=address[: -len(path)],
            path=path,
            query=request.GET.dict(),
            headers=request.headers,
            body=body,
        ),
        token,
        trace_id=trace_id_of(request),
    )
    content = b"" if answered.body is None else json.dumps(answered.body).encode()
    return HttpResponse(content, status=answered.status, headers=answered.headers)


def _method_of(request: HttpRequest) -> str:
    """Return the request's method, GET for HEAD; the server drops the body."""
    method = request.method or ""
    return "GET" if method == "HEAD" else method


def _most_bytes(path: str) -> int:
    kind, *rest = path.strip("/").lower().split("/")
    is_group = kind == "groups" and rest != [".search"]
    return MOST_BYTES_OF_A_GROUP if is_group else MOST_BYTES
