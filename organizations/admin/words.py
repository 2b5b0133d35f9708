"""What the admin's pages call a person, and what every record says of who did it."""

from config.admin.columns import column
from users.models import User


class RecordColumns:
    """The columns of a record about who did it, and through what."""

    through = column("source", "Through")
    system = column("connection", "Connection")
    request_id = column("trace_id", "Request")


def name_of(user: User) -> str:
    """Return the person's name, or else what the account is known by."""
    return user.full_name or str(user)
