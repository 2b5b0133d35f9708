"""The failed logins that are stored."""

from collections.abc import Collection

from axes.models import AccessAttempt, AccessFailureLog, AccessLog


def delete_failed_logins(addresses: Collection[str]) -> int:
    """Delete the logins that were tried with these addresses; return how many.

    They are stored by the canonical address, and with nothing else that was typed (settings.py).
    """
    deleted = 0
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        deleted += model.objects.filter(username__in=addresses).delete()[0]
    return deleted
