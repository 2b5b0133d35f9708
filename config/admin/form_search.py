"""The search of a form's select, for the fields of forms alone."""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignObjectRel
from django.http import HttpRequest


def is_form_search(request: HttpRequest) -> bool:
    """Return whether the request is the search of a form's select."""
    return bool(request.resolver_match and request.resolver_match.url_name == "autocomplete")


class FormSearchView(AutocompleteJsonView):
    """Searches the rows that a field of a form may refer to.

    Django's view fails on a reverse relation, which no form has as a field.
    """

    def process_request(self, request: HttpRequest) -> tuple[str, Any, Any, str]:
        """Return the search's parts. Raises PermissionDenied for a reverse relation; Http404."""
        term, model_admin, source_field, to_field_name = super().process_request(request)  # type: ignore[misc]  # the stubs lack it
        if isinstance(source_field, ForeignObjectRel):
            raise PermissionDenied
        return term, model_admin, source_field, to_field_name
