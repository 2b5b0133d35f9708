"""Disables the staff accounts of members whom a directory takes out."""

from functools import partial

import structlog
from django.db import IntegrityError, transaction

from users.models import User

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def disable_staff_account(user_id: str) -> None:
    """Disable a leaver's account, which is locked, if it is staff.

    That of an organization's last active owner stays enabled, and is logged: the leaver still
    leaves.
    """
    staff = User.objects.filter(pk=user_id, is_staff=True, is_active=True)
    try:
        with transaction.atomic():
            if staff.update(is_active=False):
                transaction.on_commit(partial(logger.info, "staff_disabled", user_id=user_id))
    except IntegrityError:
        logger.error("staff_not_disabled", user_id=user_id)
