"""Issues and checks the tokens of programs and directories, and notes when they are used."""

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
# They tell scanners for leaked tokens which kind a token is.
PREFIXES = {Kind.API: f"{TOKEN_PREFIX}con_", Kind.DIRECTORY: f"{TOKEN_PREFIX}scim_"}
PREVIOUS_TOKEN_WORKS = timedelta(hours=24)
SEEN_TO = timedelta(minutes=1)
Moment = TypeVar("Moment", datetime, date)

# A request that changes something holds the row until it ends: none waits for it here.
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
    """Give an enabled connection its first token, or another; return it: it cannot be had again.

    The token before works for 24 hours more, but not beyond its own expiry, or with ``revoke_old``
    no longer; the one before that no longer. The new token of a program expires in 365 days,
    whatever was said of the first. Raises DoesNotExist for a connection that is revoked.
    """
    token = generate_token(PREFIXES[Kind(connection.kind)])
    changes: dict[str, Any] = {"token_digest": digest_of(token)}
    if connection.token_digest:
        now = timezone.now()
        changes["rotated_by"] = shown_to
        changes["previous_rotated_by"] = None if revoke_old else F("rotated_by")
        changes["previous_token_digest"] = None if revoke_old else F("token_digest")
        # Without an expiry, as a directory's, the one that is set.
        until = Least(now + PREVIOUS_TOKEN_WORKS, F("expires_at"))
        changes["previous_token_until"] = None if revoke_old else until
        if connection.expires_at:
            changes["expires_at"] = now + LIFETIME
    if not Connection.objects.enabled().filter(pk=connection.pk).update(**changes):
        raise Connection.DoesNotExist
    return token


def check_token(kind: Connection.Kind, plain: str) -> ConnectionToken:
    """Return the token of a connection of this kind. It does not note that it is used.

    Raises TokenInvalidError for a token that is unknown or revoked, or of another kind, and
    TokenExpiredError.
    """
    token = Connection.objects.find(kind, plain)
    if token is None:
        raise TokenInvalidError
    if token.is_expired:
        raise TokenExpiredError
    return token


def note_use(connection: Connection) -> None:
    """Write when the connection was last used: of a directory to the minute, else the day."""
    now = timezone.now()
    if connection.is_directory:
        _note(connection, "last_request_at", connection.last_request_at, now, SEEN_TO)
    else:
        _note(connection, "last_used_on", connection.last_used_on, now.date(), timedelta(days=1))


def _note(
    connection: Connection, column: str, seen: Moment | None, now: Moment, to: timedelta
) -> None:
    """Write the moment into a column, unless that was done so shortly before."""
    if seen is None or now - seen >= to:
        with db_connection.cursor() as cursor:
            cursor.execute(
                _NOTE_USE.format(column=column),
                {"id": connection.pk, "now": now, "unseen": now - to},
            )
