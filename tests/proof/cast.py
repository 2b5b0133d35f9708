"""Everybody who may ask, and everybody who may be asked about, for the table of permissions."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from organizations.capabilities import Capability
from organizations.connections.service import disable
from organizations.domains.service import set_domains
from organizations.models import (
    Connection,
    Membership,
    OffboardingTask,
    Organization,
    Resource,
    TokenBinding,
    WebhookDelivery,
)
from tests.directories import connect
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OrganizationFactory,
    ResourceFactory,
    RoleFactory,
    UserFactory,
    WebhookDeliveryFactory,
)
from tests.production import token_of
from tests.programs import connect_program
from tests.removals import remove
from tests.schedules import schedule
from users.models import AccessToken, User

CALLERS = (
    *("nobody", "bad token", "expired token", "revoked token", "disabled account"),
    "token of an ended membership",
    *("member elsewhere", "removed member", "deactivated admin"),
    *("token of a deactivated membership", "token bound elsewhere"),
    "token older than the membership",
    "staff without membership",
    *("member", "role without the capability", "role with the capability"),
    *("admin", "token bound here", "owner"),
)
# Programs, by their connections.
PROGRAMS = (
    *("revoked program", "expired program", "directory", "program elsewhere"),
    *("program without the capability", "program with the capability"),
    "program with every capability",
)
TARGETS = (
    *("member", "deactivated member", "admin", "last owner", "caller"),
    *("removed before", "member elsewhere"),
    *("unknown", "malformed", "of an unknown organization", "of a malformed organization"),
)
UNAUTHENTICATED = {
    "nobody": "AUTHENTICATION_REQUIRED",
    "bad token": "TOKEN_INVALID",
    "expired token": "TOKEN_EXPIRED",
    "revoked token": "TOKEN_INVALID",
    "disabled account": "TOKEN_INVALID",
    "token of an ended membership": "TOKEN_INVALID",
    "revoked program": "TOKEN_INVALID",
    "expired program": "TOKEN_EXPIRED",
    "directory": "TOKEN_INVALID",
}
OUTSIDERS = {
    "member elsewhere",
    "removed member",
    "deactivated admin",
    "token of a deactivated membership",
    "token bound elsewhere",
    "token older than the membership",
    "staff without membership",
    "program elsewhere",
}
POWERLESS = {"member", "role without the capability", "program without the capability"}
# The status of each refusal in the tables.
STATUS = {
    "AUTHENTICATION_REQUIRED": 401,
    "TOKEN_INVALID": 401,
    "TOKEN_EXPIRED": 401,
    "ORGANIZATION_ACCESS_DENIED": 403,
    "INSUFFICIENT_PERMISSIONS": 403,
    "CANNOT_SCHEDULE_YOURSELF": 403,
    "USER_NOT_FOUND": 404,
    "DEPARTMENT_NOT_FOUND": 404,
    "TRANSFER_USER_NOT_FOUND": 404,
    "REMOVAL_NOT_FOUND": 404,
    "RESOURCE_NOT_FOUND": 404,
    "SCHEDULED_REMOVAL_NOT_FOUND": 404,
    "TASK_NOT_FOUND": 404,
    "MEMBERSHIP_ALREADY_EXISTS": 409,
    "CANNOT_DEACTIVATE_YOURSELF": 422,
    "LAST_OWNER_CANNOT_BE_DEACTIVATED": 422,
    "LAST_OWNER_CANNOT_BE_REMOVED": 422,
    "USER_ALREADY_DEACTIVATED": 422,
    "USER_IS_ACTIVE": 422,
    "USER_NOT_DEACTIVATED": 422,
}
ABLE_ALONE = {"role with the capability", "program with the capability"}
NO_SUCH_ORGANIZATION = {"of an unknown organization", "of a malformed organization"}
ABSENT = {"removed before", "member elsewhere", "unknown", "malformed"}

# What "the capability" is, of each request.
ABLE = [
    *("remove_users", "deactivate_users", "assign_roles", "manage_users"),
    *("view_audit_log", "export_audit_log", "manage_resources"),
    *("manage_departments", "manage_roles"),
]


@dataclass
class Cast:
    """An organization with everybody in it, and those outside."""

    organization: Organization
    users: dict[str, User]
    tokens: dict[str, str]
    departments: dict[str, str | None]
    member_role: str
    removal_elsewhere: str
    delivery: WebhookDelivery
    resource: Resource  # of nobody who asks
    connection: Connection  # of a program that does not ask
    task: OffboardingTask  # of nobody, as its step; of the target that was removed before
    empty_department: str
    empty_role: str  # which grants nothing, to nobody

    domain = "newcomers.example"  # whose people may be invited

    @property
    def addresses(self) -> dict[str, str]:
        """Where what is asked for is, by the names in the paths of the table."""
        key = f"{self.resource.type}/{self.resource.entry.external_id}"
        return {
            "endpoint": self.delivery.endpoint_id,
            "delivery": self.delivery.pk,
            "resource": self.resource.pk,
            "connection": self.connection.pk,
            "step": self.task.key,
            "task": self.task.pk,
            "removal": self.task.removal_id,
            "department": self.departments["own"] or "",
            "empty_department": self.empty_department,
            "empty_role": self.empty_role,
            "key": key,
        }

    @cached_property
    def clients(self) -> dict[str, APIClient]:
        """One for each caller: each new client would load all middleware again."""
        return {
            caller: APIClient(HTTP_AUTHORIZATION=f"Bearer {token}") if token else APIClient()
            for caller, token in self.tokens.items()
        }

    def client(self, caller: str) -> APIClient:
        return self.clients[caller]

    def path(self, caller: str, target: str) -> str:
        return f"{self.organization_path(target)}/users/{self.user_id(caller, target)}"

    def organization_path(self, target: str) -> str:
        organizations = {
            "of an unknown organization": "org_unknown",
            "of a malformed organization": "org-malformed",
        }
        return f"/v1/organizations/{organizations.get(target, self.organization.pk)}"

    def user_id(self, caller: str, target: str) -> str:
        users = {"unknown": "usr_unknown", "malformed": "usr-malformed"}
        if target == "caller":
            return str(self.users[caller].pk)
        if target in users:
            return users[target]
        target = "member" if target in NO_SUCH_ORGANIZATION else target
        return str(self.users[f"target {target}"].pk)


def make_cast() -> Cast:
    """Return an organization with all of them."""
    organization = OrganizationFactory.create()
    set_domains(organization.pk, [Cast.domain])
    able = RoleFactory.create(organization=organization, capabilities=ABLE)
    unable = RoleFactory.create(organization=organization, capabilities=["manage_billing"])

    def member(*roles: Any) -> Membership:
        return MembershipFactory.create(organization=organization, roles=roles)

    def suspended(*roles: Any) -> Membership:
        membership = member(*roles)
        membership.deactivated_at = timezone.now()
        membership.save()
        return membership

    bound = {
        "token of an ended membership": member("Admin"),
        "token of a deactivated membership": suspended("Admin"),
        "token bound elsewhere": MembershipFactory.create(roles=["Owner"]),
        "token bound here": member("Admin"),
    }
    owner, scheduled = member("Owner"), member("Member")
    schedule(scheduled)
    removed_caller, removed_target = member(), member("Member")
    users = {caller: membership.user for caller, membership in bound.items()} | {
        "nobody": UserFactory.create(),
        "bad token": member("Admin").user,
        "expired token": member("Admin").user,
        "revoked token": member("Admin").user,
        "disabled account": member("Admin").user,
        "member elsewhere": MembershipFactory.create(roles=["Owner"]).user,
        "removed member": removed_caller.user,
        "deactivated admin": suspended("Admin").user,
        "token older than the membership": UserFactory.create(),
        "staff without membership": UserFactory.create(is_staff=True, is_superuser=True),
        "member": member("Member").user,
        "role without the capability": member(unable).user,
        "role with the capability": member(able).user,
        "admin": member("Admin").user,
        "owner": owner.user,
        "target member": member("Member").user,
        "target deactivated member": suspended("Member").user,
        "target scheduled member": scheduled.user,
        "target admin": member("Admin").user,
        "target last owner": owner.user,
        "target removed before": removed_target.user,
        "target member elsewhere": MembershipFactory.create().user,
    }
    step = OffboardingStepFactory.create(organization=organization, key="laptop")
    earlier = bound["token of an ended membership"]
    remove(removed_caller, removed_target, earlier)
    for again in (earlier, bound["token bound elsewhere"]):
        MembershipFactory.create(organization=organization, user=again.user, roles=["Admin"])
    tokens = {caller: token_of(users[caller]) for caller in CALLERS}
    returned = users["token older than the membership"]
    MembershipFactory.create(organization=organization, user=returned, roles=["Admin"])
    for caller, membership in bound.items():
        TokenBinding.objects.create(token=users[caller].access_tokens.get(), membership=membership)
    tokens |= {"nobody": "", "bad token": "offboard_guess", **tokens_of_programs(organization)}
    now = timezone.now()
    of = AccessToken.objects.filter
    of(user=users["expired token"]).update(expires_at=now - timedelta(seconds=1))
    of(user=users["revoked token"]).update(revoked_at=now)
    User.objects.filter(pk=users["disabled account"].pk).update(is_active=False)
    departments = {
        "none": None,
        "own": DepartmentFactory.create(organization=organization).pk,
        "of another organization": DepartmentFactory.create().pk,
        "unknown": "dept_unknown",
        "malformed": "Sales",
    }
    member_role = organization.roles.get(name="Member").pk
    [elsewhere] = remove(MembershipFactory.create())
    delivery = WebhookDeliveryFactory.create(endpoint__organization=organization)
    task = OffboardingTask.objects.get(key=step.key, removal__membership=removed_target)
    return Cast(
        organization,
        users,
        tokens,
        departments,
        member_role,
        elsewhere.removal_id or "",
        delivery,
        ResourceFactory.create(
            organization=organization,
            department=DepartmentFactory.create(organization=organization),
            external_id="acme/billing",
        ),
        connect_program(organization, "remove_users")[0],
        task,
        DepartmentFactory.create(organization=organization).pk,
        RoleFactory.create(organization=organization).pk,
    )


def tokens_of_programs(organization: Organization) -> dict[str, str]:
    """Connect the programs, and a directory; return their tokens."""
    programs = {
        "revoked program": (Capability.OVERRIDE_ALL_PERMISSIONS,),
        "expired program": (Capability.OVERRIDE_ALL_PERMISSIONS,),
        "program without the capability": (Capability.MANAGE_BILLING,),
        "program with the capability": ABLE,
        "program with every capability": (Capability.OVERRIDE_ALL_PERMISSIONS,),
    }
    tokens = {}
    for name, capabilities in programs.items():
        made, tokens[name] = connect_program(organization, *capabilities)
        if name == "revoked program":
            disable(made)
        if name == "expired program":
            Connection.objects.filter(pk=made.pk).update(expires_at=timezone.now())
    _, tokens["program elsewhere"] = connect_program(OrganizationFactory.create(), *ABLE)
    _, tokens["directory"] = connect(organization)
    return tokens


def refusal_at_entry(caller: str, target: str) -> str:
    """Return with which code a caller is not let into the target's organization, or nothing."""
    if caller in UNAUTHENTICATED:
        return UNAUTHENTICATED[caller]
    if caller in OUTSIDERS or target in NO_SUCH_ORGANIZATION:
        return "ORGANIZATION_ACCESS_DENIED"
    return ""


def is_self(caller: str, target: str) -> bool:
    """Return whether the target is the caller; the owner is the last owner."""
    return target == "caller" or (caller, target) == ("owner", "last owner")


def is_above(caller: str, target: str) -> bool:
    """Return whether the target holds a capability that this caller, who may ask, does not."""
    return caller == "role with the capability" and target in {"admin", "last owner"}


def code_of(response: Any) -> str:
    """Return the code of a refusal, or nothing."""
    return str(response.json()["error"]["code"]) if response.status_code >= 400 else ""


def answer_of(response: Any) -> tuple[str, int]:
    """Return the code of a refusal, or nothing, and the status."""
    return code_of(response), response.status_code


def expected_answer(code: str, done: int = 200) -> tuple[str, int]:
    """Return the code and the status of a refusal; without a code, what is answered when done."""
    return code, STATUS.get(code, done)
