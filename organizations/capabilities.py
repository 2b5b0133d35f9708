"""What a role can allow its holders to do (contract: Capabilities)."""

from collections.abc import Iterable

from django.db import models


class Capability(models.TextChoices):
    """One thing that a member may do; ``override_all_permissions`` stands for every one."""

    MANAGE_USERS = "manage_users"
    INVITE_USERS = "invite_users"
    DEACTIVATE_USERS = "deactivate_users"
    REMOVE_USERS = "remove_users"
    MANAGE_DEPARTMENTS = "manage_departments"
    CREATE_SUBDEPARTMENTS = "create_subdepartments"
    REPARENT_DEPARTMENTS = "reparent_departments"
    MANAGE_ROLES = "manage_roles"
    ASSIGN_ROLES = "assign_roles"
    VIEW_AUDIT_LOG = "view_audit_log"
    EXPORT_AUDIT_LOG = "export_audit_log"
    MANAGE_KNOWLEDGE_SLICES = "manage_knowledge_slices"
    MANAGE_BILLING = "manage_billing"
    MANAGE_RESOURCES = "manage_resources"  # this project's own; the others are the reference's
    OVERRIDE_ALL_PERMISSIONS = "override_all_permissions"


ALL_CAPABILITIES = frozenset(Capability)


def effective(granted: Iterable[str]) -> frozenset[Capability]:
    """Return what the holder of these capabilities may do, the override spelled out."""
    capabilities = frozenset(map(Capability, granted))
    if Capability.OVERRIDE_ALL_PERMISSIONS in capabilities:
        return ALL_CAPABILITIES
    return capabilities
