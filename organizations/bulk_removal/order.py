"""What an operator asks for, whoever the leavers are."""

from collections.abc import Sequence
from dataclasses import dataclass

from organizations.bulk_removal.people import Person
from organizations.models import Organization
from users.models import User


@dataclass(frozen=True, slots=True)
class RemovalOrder:
    """Remove them from this organization, for this reason, on behalf of this actor.

    ``transfer_to`` is a department's id for those whose row names none.
    """

    organization: Organization
    transfer_to: str = ""
    actor: User | None = None
    reason: str = ""
    trace_id: str = ""

    def targets(self, people: Sequence[Person]) -> dict[str, str]:
        """Return the department for each user's resources, by user id; the first row decides."""
        targets = {
            person.user_id: person.leaver.transfer_to or self.transfer_to
            for person in reversed(people)
        }
        return {user_id: target for user_id, target in targets.items() if target}
