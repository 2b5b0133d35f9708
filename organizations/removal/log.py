"""Writes one log line for each removal."""

from collections.abc import Iterable

from organizations.change_log import log_on_commit
from organizations.models import ScimConnection, Source
from organizations.removal.outcome import RemovalOutcome
from users.models import User


def log_removals(
    organization_id: str,
    outcomes: Iterable[RemovalOutcome],
    actor: User | None,
    connection: ScimConnection | None,
    source: Source,
    trace_id: str,
) -> None:
    """Log who was removed, after the removals are committed."""
    log_on_commit(
        "member_removed",
        source,
        (
            {
                "organization_id": organization_id,
                "user_id": outcome.user_id,
                "removal_id": outcome.removal_id,
                "actor_id": actor.pk if actor else None,
                "connection_id": connection.pk if connection else None,
                "source": source.value,
                "roles": outcome.role_count,
                "departments": outcome.department_count,
                "resources": outcome.resource_count,
                "trace_id": trace_id,
            }
            for outcome in outcomes
            if outcome.removal_id
        ),
    )
