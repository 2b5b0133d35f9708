"""What can be done in an organization, and which capability or permission it requires."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from organizations.capabilities import Capability
from users.models import User


@dataclass(frozen=True, slots=True)
class Act:
    """What members and staff need for an act.

    A member or a program needs one of the capabilities, if there are any; staff need Django's
    permission ``verb_model``, and one to view or change the same model. No program may do an act
    that takes a person, whatever its capabilities.
    """

    capabilities: tuple[Capability, ...]
    verb: str
    model: str = "membership"
    takes_a_person: bool = False

    def is_staffs(self, user: User | AnonymousUser) -> bool:
        """Return whether this account may do it as staff, in every organization.

        Pages for an act show the rows that it is about, so staff also need the permission to view
        or to change them.
        """
        viewing = (f"organizations.{verb}_{self.model}" for verb in ("view", "change"))
        return (
            user.is_active
            and user.is_staff
            and user.has_perm(f"organizations.{self.verb}_{self.model}")
            and any(map(user.has_perm, viewing))
        )


REMOVE = Act((Capability.REMOVE_USERS,), "remove")
TRANSFER = REMOVE  # of what they own, once they are deactivated or have left
DEACTIVATE = Act((Capability.DEACTIVATE_USERS,), "deactivate")
RESTORE = Act((Capability.REMOVE_USERS,), "restore")
ADD = Act((Capability.INVITE_USERS,), "add")
# Roles, and departments; the service also checks the capability for each that changes.
ASSIGN = Act((Capability.ASSIGN_ROLES, Capability.MANAGE_USERS), "change")
VIEW_LOG = Act((Capability.VIEW_AUDIT_LOG,), "view", "event")
EXPORT_LOG = Act((Capability.EXPORT_AUDIT_LOG,), "view", "event")
# On resources, whoever owns them: check 6 (nobody acts on members with more capabilities) does not
# apply.
REGISTER_RESOURCES = Act((Capability.MANAGE_RESOURCES,), "change", "resource")
CHANGE_RESOURCES = REGISTER_RESOURCES  # of any, by hand
DELETE_RESOURCES = Act((Capability.MANAGE_RESOURCES,), "delete", "resource")
ADD_DEPARTMENT = Act((Capability.MANAGE_DEPARTMENTS,), "add", "department")
CHANGE_DEPARTMENT = Act((Capability.MANAGE_DEPARTMENTS,), "change", "department")
DELETE_DEPARTMENT = Act((Capability.MANAGE_DEPARTMENTS,), "delete", "department")
# The service also checks every capability that the role has or gets.
ADD_ROLE = Act((Capability.MANAGE_ROLES,), "add", "role")
CHANGE_ROLE = Act((Capability.MANAGE_ROLES,), "change", "role")
DELETE_ROLE = Act((Capability.MANAGE_ROLES,), "delete", "role")
ADD_WEBHOOK = Act((Capability.OVERRIDE_ALL_PERMISSIONS,), "add", "webhookendpoint")
CHANGE_WEBHOOK = Act((Capability.OVERRIDE_ALL_PERMISSIONS,), "change", "webhookendpoint")
DELETE_WEBHOOK = Act((Capability.OVERRIDE_ALL_PERMISSIONS,), "delete", "webhookendpoint")
REDELIVER = Act((Capability.OVERRIDE_ALL_PERMISSIONS,), "change", "webhookdelivery")
ADD_STEP = Act((Capability.OVERRIDE_ALL_PERMISSIONS,), "add", "offboardingstep")
CHANGE_STEP = Act((Capability.OVERRIDE_ALL_PERMISSIONS,), "change", "offboardingstep")
DELETE_STEP = Act((Capability.OVERRIDE_ALL_PERMISSIONS,), "delete", "offboardingstep")
# On any task: one's own requires nothing. Check 6 does not apply, since the member has left.
CHANGE_TASK = Act((Capability.REMOVE_USERS,), "change", "offboardingtask")
MANAGE_CONNECTIONS = Act(
    (Capability.OVERRIDE_ALL_PERMISSIONS,), "change", "connection", takes_a_person=True
)
