"""Issues and checks the tokens of programs and directories, and records when they are used."""

from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db import connection as db_connection
from django.db.models import F
from django.db.models.functions import Least
from django.utils import timezone

from config.api.errors import TokenExpiredError, TokenInvalidError
from organizations.models import Connection, ConnectionToken
from organizations.models.connection import LIFETIME
from users.models import User
from users.models.access_token import TOKEN_PREFIX, digest_of, generate_token

Kind = Connection.Kind
# Scanners for leaked tokens tell the kind by it.
PREFIXES = {Kind.API: f"{TOKEN_PREFIX}con_", Kind.DIRECTORY: f"{TOKEN_PREFIX}scim_"}
PREVIOUS_TOKEN_WORKS = timedelta(hours=24)
SEEN_EVERY = timedelta(minutes=1)
Moment = TypeVar("Moment", datetime, date)

# Skips a row that is locked by a request that changes something, instead of waiting for it.
_NOTE_USE = """
    UPDATE organizations_scimconnection SET {column} = %(now)s
    WHERE id = (
        SELECT id FROM organizations_scimconnection
        WHERE id = %(id)s AND ({column} IS NULL OR {column} <= %(unseen)s)
        FOR NO KEY UPDATE SKIP LOCKED
    )
"""


def issue_token(
    connection: Connection, *, shown_to: User | None = None, revoke_old: bool = False
) -> str:
    """Give an enabled connection its first token, or another; return it. It is shown only once.

    The previous token works for another 24 hours, but not beyond its expiry, and not at all with
    ``revoke_old``; older ones stop. The new token of a program expires in 365 days, whatever the
    first one's expiry was. Raises DoesNotExist for a revoked connection.
    """
    token = generate_token(PREFIXES[Kind(connection.kind)])
    changes: dict[str, Any] = {"token_digest": digest_of(token)}
    if connection.token_digest:
        now = timezone.now()
        changes["rotated_by"] = shown_to
        changes["previous_rotated_by"] = None if revoke_old else F("rotated_by")
        changes["previous_token_digest"] = None if revoke_old else F("token_digest")
        # Least ignores NULL: a directory's token has no expiry.
        until = Least(now + PREVIOUS_TOKEN_WORKS, F("expires_at"))
        changes["previous_token_until"] = None if revoke_old else until
        if connection.expires_at:
            changes["expires_at"] = now + LIFETIME
    if not Connection.objects.enabled().filter(pk=connection.pk).update(**changes):
        raise Connection.DoesNotExist
    return token


def check_token(kind: Connection.Kind, plain: str) -> ConnectionToken:
    """Return the token of a connection of this kind; does not record its use.

    Raises TokenInvalidError for a token that is unknown, revoked or of another kind, and
    TokenExpiredError.
    """
    token = Connection.objects.find(kind, plain)
    if token is None:
        raise TokenInvalidError
    if token.is_expired:
        raise TokenExpiredError
    return token


def note_use(connection: Connection) -> None:
    """Record when the connection was last used: a directory to the minute, a program to the day."""
    now = timezone.now()
    if connection.is_directory:
        _note(connection, "last_request_at", connection.last_request_at, now, SEEN_EVERY)
    else:
        _note(connection, "last_used_on", connection.last_used_on, now.date(), timedelta(days=1))


def _note(
    connection: Connection, column: str, last: Moment | None, now: Moment, every: timedelta
) -> None:
    if last is None or now - last >= every:
        with db_connection.cursor() as cursor:
            cursor.execute(
                _NOTE_USE.format(column=column),
                {"id": connection.pk, "now": now, "unseen": now - every},
            )
