"""Times as staff read and enter them: in the zone that they chose, which the page names."""

from collections.abc import Callable
from datetime import date, datetime, time
from functools import cache, wraps
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from django.utils.formats import date_format

View = Callable[..., HttpResponseBase]

UTC = "UTC"


def time_in_words(moment: datetime) -> str:
    """Return a time in the reader's zone, and the zone."""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def day_in_words(moment: datetime) -> str:
    """Return the day that a time falls on in the reader's zone."""
    return date_format(timezone.localtime(moment))


def midnight(day: date) -> datetime:
    """Return when a day begins in the reader's zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def zone_in_use() -> str:
    """Return the name of the reader's zone, such as ``Europe/Berlin``."""
    return str(timezone.get_current_timezone())


def in_readers_zone(view: View) -> View:
    """Return a view that shows and takes times in the zone of the account that is logged in."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with timezone.override(_zone_of(request)):
            response = view(request, *args, **kwargs)
            if isinstance(response, SimpleTemplateResponse):
                response.render()  # rendered later, it would show times in UTC
            return response

    return shown


def _zone_of(request: HttpRequest) -> ZoneInfo:
    """Return the zone of the account, or UTC if it has none or an unknown one."""
    try:
        return ZoneInfo(getattr(request.user, "time_zone", "") or UTC)
    except ZoneInfoNotFoundError:
        return ZoneInfo(UTC)


@cache
def _zones() -> list[tuple[str, str]]:
    """Return the zones to choose from: UTC, then those named after places."""
    places = {name for name in available_timezones() if "/" in name and not name.startswith("Etc/")}
    return [(name, name.replace("_", " ")) for name in (UTC, *sorted(places))]


class TimeZoneForm(forms.Form):
    """The choice of a zone."""

    time_zone = forms.ChoiceField(choices=_zones, label="Time zone")
