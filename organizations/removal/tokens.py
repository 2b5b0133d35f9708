"""Counts the access tokens that the end of a membership silences."""

from collections.abc import Collection

from config.prepared_statements import fetch_prepared

# For a former member, the tokens of when the membership ended. The ids are joined, since a list
# would be scanned for each row.
_COUNT = """
    SELECT membership.id, count(*)
    FROM unnest(%s::bigint[]) AS reached (membership_id)
    JOIN organizations_membership AS membership ON membership.id = reached.membership_id
    JOIN users_accesstoken AS token ON token.user_id = membership.user_id
    LEFT JOIN organizations_tokenbinding AS binding ON binding.token_id = token.id
    WHERE token.revoked_at IS NULL AND token.expires_at > statement_timestamp()
        AND token.created_at < coalesce(membership.deleted_at, 'infinity')
        AND organizations_token_reaches(
            token.reaches_before, binding.membership_id, membership.id, membership.created_at
        )
    GROUP BY membership.id
"""


def count_tokens(membership_ids: Collection[int]) -> dict[int, int]:
    """Return how many access tokens reach each of these memberships, or did until it ended.

    Those that expired or were revoked since are not counted. Memberships without any are left out.
    """
    if not membership_ids:
        return {}
    return dict(fetch_prepared(_COUNT, [list(membership_ids)]))
