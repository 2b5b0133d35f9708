"""Passes resources on, for transfers and for deactivations."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import connection

from organizations.guards.targets import department_of, heir_of

TRANSFER = Path(__file__).with_name("transfer.sql").read_text(encoding="utf-8")


def pass_on(organization_id: str, targets: Mapping[str, str]) -> dict[str, int]:
    """Pass on what users own, each to their target; return how many resources, by user id.

    Who owned nothing is left out. Whoever calls this holds the locks, and has the guards' leave.
    """
    if not targets:
        return {}
    parameters: dict[str, Any] = {
        "organization_id": organization_id,
        "user_ids": list(targets),
        "department_ids": [department_of(target) for target in targets.values()],
        "heir_ids": [heir_of(target) for target in targets.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(TRANSFER, parameters)
        return dict(cursor.fetchall())
