"""The columns of the CSV file of events."""

import json

from organizations.export.csv_file import Columns, Export
from organizations.models import Event

COLUMNS: Columns = {
    "event_id": lambda event: event.pk,
    "type": lambda event: event.type,
    "user_id": lambda event: event.user_id,
    "actor_id": lambda event: event.actor_id,
    "connection_id": lambda event: event.connection_id,
    "source": lambda event: event.source,
    "created_at": lambda event: event.created_at,
    "trace_id": lambda event: event.trace_id,
    "data": lambda event: json.dumps(event.data),
}

EVENTS: Export[Event] = Export(
    "audit-log.csv",
    COLUMNS,
    names={
        "organization_name": lambda event: event.organization.name,
        "user_name": lambda event: getattr(event.user, "full_name", None),
        "user_email": lambda event: getattr(event.user, "email", None),
        "actor_name": lambda event: getattr(event.actor, "full_name", None),
        "actor_email": lambda event: getattr(event.actor, "email", None),
        "connection_name": lambda event: getattr(event.connection, "name", None),
    },
    names_read=("organization", "user", "actor", "connection"),
)
