"""Whom the rows of a file mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from config.identifiers import is_id
from organizations.bulk_removal.leavers import Leaver
from users.models import User


@dataclass(frozen=True, slots=True)
class Person:
    """A row and the account that it means; ``user_id`` is empty where there is none."""

    leaver: Leaver
    user_id: str
    email: str


def find_people(leavers: Sequence[Leaver]) -> list[Person]:
    """Return whom each row means, in their order; a row with both id and address means both."""
    ids = [leaver.user_id for leaver in leavers if is_id("usr", leaver.user_id)]
    emails = [leaver.email for leaver in leavers if leaver.email]
    email_of: dict[str, str] = dict(
        User.objects.filter(Q(pk__in=ids) | Q(email__in=emails)).values_list("pk", "email")
    )
    id_of = {email: user_id for user_id, email in email_of.items()}

    def person(leaver: Leaver) -> Person:
        user_id = leaver.user_id or id_of.get(leaver.email, "")
        email = email_of.get(user_id, "")
        if not email or leaver.email not in {"", email}:
            return Person(leaver, "", leaver.email)
        return Person(leaver, user_id, email)

    return [person(leaver) for leaver in leavers]
