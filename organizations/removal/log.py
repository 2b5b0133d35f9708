"""Writes one log line for each removal."""

from collections.abc import Iterable

from organizations.change_log import log_on_commit
from organizations.guards.caller import Caller
from organizations.removal.outcome import RemovalOutcome


def log_removals(organization_id: str, outcomes: Iterable[RemovalOutcome], caller: Caller) -> None:
    """Log who was removed, after the removals are committed."""
    log_on_commit(
        "member_removed",
        caller.source,
        (
            {
                "organization_id": organization_id,
                "user_id": outcome.user_id,
                "removal_id": outcome.removal_id,
                **caller.columns,
                "roles": outcome.role_count,
                "departments": outcome.department_count,
                "resources": outcome.resource_count,
            }
            for outcome in outcomes
            if outcome.removal_id
        ),
    )
