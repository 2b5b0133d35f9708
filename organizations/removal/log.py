"""One line in the log for each removal."""

from collections.abc import Iterable

import structlog

from organizations.models import Source
from organizations.removal.outcome import RemovalOutcome
from users.models import User

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def log_removals(
    organization_id: str,
    outcomes: Iterable[RemovalOutcome],
    actor: User | None,
    source: Source,
    trace_id: str,
) -> None:
    """Log who was removed, by ids and counts only: no name and no address belongs in a log.

    The command says it itself, in its report: ten thousand lines would say no more.
    """
    if source == Source.COMMAND:
        return
    for outcome in outcomes:
        if outcome.removal_id:
            logger.info(
                "member_removed",
                organization_id=organization_id,
                user_id=outcome.user_id,
                removal_id=outcome.removal_id,
                actor_id=actor.pk if actor else None,
                source=source.value,
                roles=outcome.role_count,
                departments=outcome.department_count,
                resources=outcome.resource_count,
                trace_id=trace_id,
            )
