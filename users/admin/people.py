"""How lists show a person."""

from django.utils.html import format_html

from users.models import User


def person(user: User) -> str:
    """Return the name and, on a line of its own, the address, or else what there is of both."""
    if user.erased_at:
        return format_html('erased account <span class="address">{}</span>', user.pk)
    if not user.full_name:
        return format_html('<span class="address alone">{}</span>', user.email)
    return format_html('{} <span class="address">{}</span>', user.full_name, user.email)
