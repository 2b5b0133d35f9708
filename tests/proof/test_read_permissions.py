"""Who may see what: every list and record of an organization, and every kind of caller."""

from typing import Any

import pytest

from organizations.models import Removal
from tests.factories import MembershipFactory, RoleFactory
from tests.production import token_of
from tests.proof.cast import CALLERS, OUTSIDERS, UNAUTHENTICATED, Cast, code_of
from tests.proof.figures import Tally

AUDITORS = {
    "auditor who views": "view_audit_log",
    "auditor who exports": "export_audit_log",
    "role with all but these": "remove_users",
}
ALL_POWERFUL = {"admin", "owner", "token bound here"}
# What each takes besides membership.
NEEDED = {
    "users": None,
    "departments": None,
    "roles": None,
    "removals": "view_audit_log",
    "removals/{removal_id}": "view_audit_log",
    "removals/export": "export_audit_log",
    "audit-log": "view_audit_log",
    "audit-log/export": "export_audit_log",
}
STATUS = {
    "": 200,
    "AUTHENTICATION_REQUIRED": 401,
    "TOKEN_INVALID": 401,
    "TOKEN_EXPIRED": 401,
    "ORGANIZATION_ACCESS_DENIED": 403,
    "INSUFFICIENT_PERMISSIONS": 403,
}


def expected_code(caller: str, path: str) -> str:
    """The order of members.md; nothing where it is shown."""
    if caller in UNAUTHENTICATED:
        return UNAUTHENTICATED[caller]
    if caller in OUTSIDERS:
        return "ORGANIZATION_ACCESS_DENIED"
    if NEEDED[path] in {None, AUDITORS.get(caller)} or caller in ALL_POWERFUL:
        return ""
    return "INSUFFICIENT_PERMISSIONS"


@pytest.mark.parametrize("caller", [*CALLERS, *AUDITORS])
def test_every_list_and_record_for_every_caller(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, caller: str
) -> None:
    if capability := AUDITORS.get(caller):
        role = RoleFactory.create(organization=cast.organization, capabilities=[capability])
        member = MembershipFactory.create(organization=cast.organization, roles=[role])
        cast.tokens[caller] = token_of(member.user)
    removal_id = Removal.objects.filter(organization=cast.organization)[0].pk
    client = cast.client(caller)
    for path in NEEDED:
        expected = expected_code(caller, path)
        there = path.format(removal_id=removal_id)
        for organization_id in (cast.organization.pk, "org_unknown", "org-malformed"):
            if organization_id != cast.organization.pk and caller not in UNAUTHENTICATED:
                expected = "ORGANIZATION_ACCESS_DENIED"
            with subtests.test(path=path, organization=organization_id):
                response: Any = client.get(f"/v1/organizations/{organization_id}/{there}")

                assert (code_of(response), response.status_code) == (expected, STATUS[expected])
            tally("cells of the table of permissions")
