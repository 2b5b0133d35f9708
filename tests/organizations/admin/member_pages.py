"""The pages of members, as a browser uses them."""

from collections.abc import Iterable
from typing import Any

from django.test import Client

from organizations.models import Membership
from tests.organizations.admin.page import text_of

ADMIN = "/admin/organizations/"
MEMBERSHIPS = f"{ADMIN}membership/"


def form_of(member: Membership, **fields: str) -> dict[str, str]:
    """Return the form of a member's page, with no assignment added or deleted but by ``fields``."""
    form: dict[str, str] = {}
    for name, rows in (
        ("role_assignments", member.role_assignments.all()),
        ("department_memberships", member.department_memberships.all()),
    ):
        form |= {f"{name}-TOTAL_FORMS": str(len(rows)), f"{name}-INITIAL_FORMS": str(len(rows))}
        for position, row in enumerate(rows):
            form |= {
                f"{name}-{position}-id": str(row.pk),
                f"{name}-{position}-membership": str(member.pk),
            }
    return form | fields


def form_adding(member: Membership, role_id: str, **fields: str) -> dict[str, str]:
    """Return the form of a member's page, with one more role."""
    count = member.role_assignments.count()
    return form_of(
        member,
        **{
            "role_assignments-TOTAL_FORMS": str(count + 1),
            f"role_assignments-{count}-membership": str(member.pk),
            f"role_assignments-{count}-role": role_id,
            **fields,
        },
    )


def select(browser: Client, action: str, members: Iterable[Membership]) -> Any:
    """Take an action on members in the list."""
    chosen = {"action": action, "_selected_action": [str(member.pk) for member in members]}
    return browser.post(MEMBERSHIPS, chosen)


def confirmation(browser: Client, action: str, *members: Membership) -> str:
    """Return the address of the page that confirms an action, chosen on a page or in the list."""
    if len(members) == 1:
        return str(browser.get(f"{MEMBERSHIPS}{members[0].pk}/{action}/")["Location"])
    return str(select(browser, action, members)["Location"])


def preview(browser: Client, action: str, *members: Membership) -> str:
    """Return what the confirmation page says."""
    return text_of(browser.get(confirmation(browser, action, *members)))


def confirm(browser: Client, action: str, *members: Membership, **form: object) -> str:
    """Confirm an action; return what the page after it says."""
    address = confirmation(browser, action, *members)
    return text_of(browser.post(address, {"reason": "", **form}, follow=True))
