"""What the lists of records, of removals and of all changes, have in common."""

from django_filters.rest_framework import CharFilter, ChoiceFilter

from config.api.filters import PeriodFilterSet
from organizations.models import Source


class RecordFilterSet(PeriodFilterSet):
    """Who did it, how, in which request, and when."""

    actor_id = CharFilter(help_text="Only what this user did.")
    source = ChoiceFilter(choices=Source.choices, help_text="Only what came this way.")
    trace_id = CharFilter(help_text="Only what this request, or run of the command, did.")
