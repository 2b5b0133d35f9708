"""How lists show a person."""

from django.utils.html import format_html

from users.models import User


def person(user: User) -> str:
    """Return the name and, on a line of its own, the address."""
    if not user.full_name:
        return str(user)
    return format_html('{} <span class="address">{}</span>', user.full_name, user.email)
