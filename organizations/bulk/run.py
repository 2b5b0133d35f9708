"""One run of a command, and the errors that stop it before it changes anything."""

import uuid
from dataclasses import dataclass
from typing import Self

from config.characters import escaped
from organizations.guards.caller import LONGEST_REASON, Operator
from organizations.models import Organization
from users.models import User


class CannotStartError(Exception):
    """Something that the call names does not exist or cannot be used."""


class BadInputError(CannotStartError):
    """Rows are malformed or contradict each other; the message names their position."""

    def __init__(self, position: str, problem: str) -> None:
        super().__init__(f"The input cannot be used: {position}: {problem}.")


@dataclass(frozen=True, slots=True)
class Run:
    """What all rows of one run share; ``id`` is the trace id of all its records and no others."""

    organization: Organization
    actor: User | None
    reason: str
    id: str

    @property
    def caller(self) -> Operator:
        """The operator, on whose behalf all of it is done."""
        return Operator(actor=self.actor, reason=self.reason, trace_id=self.id)

    @classmethod
    def begin(cls, organization_id: str, *, actor: str, reason: str) -> Self:
        """Return a new run; ``actor`` is an e-mail address or "". Raises CannotStartError."""
        organization = Organization.objects.filter(pk=organization_id).first()
        if organization is None:
            raise CannotStartError(f"There is no organization {escaped(organization_id)}.")
        account = User.objects.filter(email=actor).first() if actor else None
        if actor and account is None:
            raise CannotStartError(f"No account has the address {escaped(actor)}.")
        # A terminal in another encoding sends bytes that Python reads as surrogates.
        reason = reason.encode("utf-8", "backslashreplace").decode()
        if len(reason) > LONGEST_REASON:
            raise CannotStartError(f"A reason has at most {LONGEST_REASON:,} characters.")
        return cls(organization, account, reason, uuid.uuid4().hex)
