"""Organizations, their members, what members own, and the records of changes."""

from organizations.models.account import MemberAccount
from organizations.models.connection import Connection, ConnectionToken
from organizations.models.domain import Domain
from organizations.models.event import Event
from organizations.models.event_position import EventOrder, EventPosition
from organizations.models.invitation import Invitation
from organizations.models.membership import DepartmentMembership, Membership, RoleAssignment
from organizations.models.offboarding_step import OffboardingStep
from organizations.models.offboarding_task import OffboardingTask
from organizations.models.organization import Department, Organization, Role
from organizations.models.removal import Removal
from organizations.models.removed_resources import RemovedResources
from organizations.models.resource import Resource
from organizations.models.resource_entry import ResourceEntry
from organizations.models.resource_move import ResourceMove
from organizations.models.resource_type import ResourceType
from organizations.models.restoration import Restoration
from organizations.models.scheduled_removal import ScheduledRemoval
from organizations.models.scim import ScimIdentity
from organizations.models.token_binding import TokenBinding
from organizations.models.transfer_by_type import ConnectionTransfer, ScheduledTransfer
from organizations.models.webhook import WebhookDelivery, WebhookEndpoint
from organizations.source import Source

__all__ = [
    "Connection",
    "ConnectionToken",
    "ConnectionTransfer",
    "Department",
    "DepartmentMembership",
    "Domain",
    "Event",
    "EventOrder",
    "EventPosition",
    "Invitation",
    "MemberAccount",
    "Membership",
    "OffboardingStep",
    "OffboardingTask",
    "Organization",
    "Removal",
    "RemovedResources",
    "Resource",
    "ResourceEntry",
    "ResourceMove",
    "ResourceType",
    "Restoration",
    "Role",
    "RoleAssignment",
    "ScheduledRemoval",
    "ScheduledTransfer",
    "ScimIdentity",
    "Source",
    "TokenBinding",
    "WebhookDelivery",
    "WebhookEndpoint",
]
