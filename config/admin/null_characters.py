"""Refuses requests with a null character, which PostgreSQL cannot store."""

from functools import wraps
from itertools import chain
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.admin.refused_changes import View


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
