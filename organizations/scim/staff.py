"""Disables the staff accounts of members whom a directory takes out."""

from functools import partial

import structlog
from django.db import IntegrityError, transaction

from users.models import User

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def disable_staff_account(user_id: str) -> None:
    """Disable a leaver's account if it lets them into the admin; it is locked.

    That of the last active owner of an organization stays enabled, and is logged: nothing keeps a
    leaver in.
    """
    staff = User.objects.filter(pk=user_id, is_staff=True, is_active=True)
    try:
        with transaction.atomic():
            if staff.update(is_active=False):
                transaction.on_commit(partial(logger.info, "staff_disabled", user_id=user_id))
    except IntegrityError:
        logger.error("staff_not_disabled", user_id=user_id)
