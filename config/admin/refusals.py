"""Pages and messages with which the admin refuses a request, and says why."""

from collections.abc import Callable
from functools import wraps
from itertools import chain
from typing import Any

import psycopg
from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFilesSent
from django.db import DatabaseError, IntegrityError, ProgrammingError
from django.db.models import Model, ProtectedError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string

from config.admin.offered_filters import ListRefusedError
from config.errors import ContractError

View = Callable[..., HttpResponseBase]

# SQLSTATE of a trigger's RAISE without a code of its own; Django raises it as ProgrammingError.
RAISED_BY_TRIGGER = "P0001"


def explain_refusals(view: View) -> View:
    """Return a view that, when a POST is refused, shows its page again with the reason.

    The refusal may come from a service or the database; nothing has been changed then. Where a
    filter of a list is refused, the page is shown without any filter.
    """

    @wraps(view)
    def explained(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except ListRefusedError as refusal:  # of a list, or of its page to export it
            messages.error(request, str(refusal))
            return redirect(request.path)
        except ContractError as refusal:
            if request.method != "POST":
                raise
            messages.error(request, f"Nothing was changed: {refusal}")
            return redirect(request.get_full_path())
        except (IntegrityError, ProgrammingError) as refusal:
            if request.method != "POST" or not _is_refusal(refusal):
                raise
            messages.error(request, reason_of(refusal))
            return redirect(request.get_full_path())

    return explained


def _is_refusal(fault: DatabaseError) -> bool:
    """Return whether a constraint or trigger refused the change; else the SQL is faulty."""
    return isinstance(fault, IntegrityError) or (
        isinstance(fault.__cause__, psycopg.Error) and fault.__cause__.sqlstate == RAISED_BY_TRIGGER
    )


def reason_of(refusal: DatabaseError) -> str:
    """Return why the database refused: the constraint's message, or the trigger's and its hint."""
    if isinstance(refusal, ProtectedError):
        names = sorted({_plural(row) for row in refusal.protected_objects})
        return f"Nothing was changed: there are {' and '.join(names)} that refer to it."
    cause = refusal.__cause__
    if not isinstance(cause, psycopg.Error):
        return f"Nothing was changed: {refusal}"
    diagnosis = cause.diag
    message = diagnosis.message_primary or ""
    models = {model._meta.db_table: model for model in apps.get_models() if not model._meta.proxy}
    model = models.get(diagnosis.table_name or "")
    is_reference = isinstance(cause, psycopg.errors.ForeignKeyViolation)
    # PostgreSQL names the referring table, whichever of the two the statement changes.
    if model and is_reference and message.startswith("update or delete"):
        return f"Nothing was changed: there are {_plural(model)} that refer to it."
    for constraint in (each for named in models.values() for each in named._meta.constraints):
        if constraint.name == diagnosis.constraint_name:
            return str(constraint.get_violation_error_message())
    if model and is_reference:
        return (
            "Nothing was changed: what the"
            f" {model._meta.verbose_name} refers to was deleted meanwhile."
        )
    if model and isinstance(cause, psycopg.errors.UniqueViolation):
        return f"Nothing was changed: there is such a {model._meta.verbose_name} already."
    for table, named in models.items():  # pgtrigger.Protect's message names the table
        message = message.replace(f"rows from {table} table", _plural(named))
    hint = f" {diagnosis.message_hint}" if diagnosis.message_hint else ""
    return f"Nothing was changed: {message.removeprefix('pgtrigger: ')}.{hint}"


def _plural(model: Model | type[Model]) -> str:
    return str(model._meta.verbose_name_plural)


def refuse_null_characters(view: View) -> View:
    """Return a view that raises BadRequest for a null character in the address or the form.

    Django refuses one in form fields and searches, but not in ids.
    """

    @wraps(view)
    def refused(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        sent = chain(*request.GET.lists(), *request.POST.lists())
        if "\0" in request.path_info or any("\0" in text for texts in sent for text in texts):
            raise BadRequest("a null character")
        return view(request, *args, **kwargs)

    return refused


def plain_page(status: int, title: str, advice: str) -> HttpResponse:
    """Return a page that reads neither session nor user, so that it needs no database."""
    site = {"site_title": admin.site.site_title, "site_header": admin.site.site_header}
    context = {**site, "title": title, "advice": advice}
    return HttpResponse(render_to_string("admin/plain_page.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for a request that cannot be taken: 413 if it is too large, else 400."""
    match exception:
        case RequestDataTooBig():
            return plain_page(413, "Too much at once", "No form here is that long.")
        case TooManyFilesSent():
            return plain_page(400, "No file is taken", "No page here takes files. None was read.")
    return plain_page(400, "Bad request", "This address or form is not one of this site's.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for a request that the account may not make."""
    return plain_page(
        403,
        "Not permitted",
        "Your account has no permission for this page. Whoever manages the accounts of this admin"
        " can give it.",
    )
