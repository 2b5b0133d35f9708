"""The refusals of services, API and commands; the message says when, a docstring what else."""

from collections.abc import Mapping, Sequence

from config.api.errors import RateLimitedError
from config.errors import ContractError
from config.errors import InsufficientPermissionsError as InsufficientPermissionsError
from organizations.uses import Uses

NAMED_DOMAINS = 10  # in a message; the details have all


class OrganizationAccessDeniedError(ContractError):
    """The caller is no active member, or there is no such organization: nobody learns which."""

    status = 403
    code = "ORGANIZATION_ACCESS_DENIED"
    message = "You do not have access to this organization."


class UserNotFoundError(ContractError):
    status = 404
    code = "USER_NOT_FOUND"
    message = "The user is not a member of this organization."


class AccountNotFoundError(UserNotFoundError):
    """A user who should become a member has no account, or an erased one."""

    message = "There is no account of this user, or its data has been erased."


class DepartmentNotFoundError(ContractError):
    status = 404
    code = "DEPARTMENT_NOT_FOUND"
    message = "The department was not found in this organization."


class RoleNotFoundError(ContractError):
    status = 404
    code = "ROLE_NOT_FOUND"
    message = "The role was not found in this organization."


class DepartmentNameTakenError(ContractError):
    status = 409
    code = "DEPARTMENT_NAME_TAKEN"
    message = "The organization has a department of this name already, in capital or small letters."


class RoleNameTakenError(ContractError):
    status = 409
    code = "ROLE_NAME_TAKEN"
    message = "The organization has a role of this name already."


class SystemRoleImmutableError(ContractError):
    status = 403
    code = "SYSTEM_ROLE_IMMUTABLE"
    message = "The Owner role is the same in every organization: it is neither changed nor deleted."


class InUseError(ContractError):
    """Something refers to what would be deleted; the details and the message count what."""

    status = 422
    what: str

    def __init__(self, row_id: str, uses: Uses) -> None:
        self.message = f"The {self.what} cannot be deleted. {uses}"
        counts = {f"{name}_count": count for name, count in uses.counts.items()}
        super().__init__({f"{self.what}_id": row_id, **counts})


class DepartmentInUseError(InUseError):
    """Members, resources, records, scheduled removals, connections, steps or tasks refer to it."""

    code = "DEPARTMENT_IN_USE"
    what = "department"


class RoleInUseError(InUseError):
    """Members hold the role."""

    code = "ROLE_IN_USE"
    what = "role"


class TransferUserNotFoundError(ContractError):
    """The heir is no active member of the organization, or leaves too."""

    status = 404
    code = "TRANSFER_USER_NOT_FOUND"
    message = "The user who would take over is not an active member of this organization."


class UserIsActiveError(ContractError):
    """Only what deactivated and former members own is passed on without another change."""

    status = 422
    code = "USER_IS_ACTIVE"
    message = "The user is an active member. Deactivate or remove them first."


class ConfirmationRequiredError(ContractError):
    status = 422
    code = "CONFIRMATION_REQUIRED"
    message = "Please confirm this action by setting confirm to true."


class LastOwnerCannotBeRemovedError(ContractError):
    status = 422
    code = "LAST_OWNER_CANNOT_BE_REMOVED"
    is_validation = True
    message = "You cannot remove the last owner of the organization. Name another owner first."


class PreviewChangedError(ContractError):
    """A removal would no longer do what its preview said; the details say what differs."""

    status = 412
    code = "PRECONDITION_FAILED"
    message = "The removal would do something else by now. Look at its preview again."


class LastOwnerCannotBeDeactivatedError(ContractError):
    status = 422
    code = "LAST_OWNER_CANNOT_BE_DEACTIVATED"
    is_validation = True
    message = "You cannot deactivate the last owner of the organization. Name another owner first."


class CannotDeactivateYourselfError(ContractError):
    """Deactivated callers could not reactivate themselves."""

    status = 422
    code = "CANNOT_DEACTIVATE_YOURSELF"
    message = "You cannot deactivate yourself."


class UserAlreadyDeactivatedError(ContractError):
    """The member is deactivated; the details say since when."""

    status = 422
    code = "USER_ALREADY_DEACTIVATED"
    message = "The user is deactivated already."


class UserNotDeactivatedError(ContractError):
    """The member is active; the details say since when, if they were deactivated before."""

    status = 422
    code = "USER_NOT_DEACTIVATED"
    message = "The user is not deactivated."


class RemovalNotFoundError(ContractError):
    """The organization has no such removal, or the user has a later one."""

    status = 404
    code = "REMOVAL_NOT_FOUND"
    message = "The removal was not found in this organization."


class LogRestartedError(ContractError):
    """The log was restored or set back since the cursor was made."""

    status = 410
    code = "LOG_RESTARTED"
    message = (
        "The log has been restored since. Follow it again from its beginning, without a cursor."
    )


class LogTruncatedError(ContractError):
    """Events that the cursor had not passed were deleted since it was made, as they were old."""

    status = 410
    code = "LOG_TRUNCATED"
    message = (
        "Old events that you have not read have been deleted since. Follow the log again from what"
        " is its beginning now, without a cursor."
    )


class MembershipAlreadyExistsError(ContractError):
    """The user is a member, active or deactivated; details name the restoration, if that did it."""

    status = 409
    code = "MEMBERSHIP_ALREADY_EXISTS"
    message = "The user is a member of this organization already."


class TooManyInvitationsError(RateLimitedError):
    """The organization sent as many invitations within an hour as it may; ``wait`` in seconds."""

    message = (
        "The organization has sent as many invitations as it may in an hour. Try again later, or"
        " set send_invitation to false."
    )

    def __init__(self, *, wait: float) -> None:
        super().__init__()
        self.wait = wait


class RestoreWindowExpiredError(ContractError):
    status = 422
    code = "RESTORE_WINDOW_EXPIRED"
    message = "The removal is too long ago to be restored. Add the user again instead."


class RemovalAlreadyScheduledError(ContractError):
    """A removal of this membership is pending; the details say which, and when it is due."""

    status = 409
    code = "REMOVAL_ALREADY_SCHEDULED"
    message = "The removal of this user is scheduled already. Cancel it first."


class ScheduledRemovalNotFoundError(ContractError):
    status = 404
    code = "SCHEDULED_REMOVAL_NOT_FOUND"
    message = "No removal of this user is scheduled."


class CannotScheduleYourselfError(ContractError):
    """A member must not learn of their removal from a schedule."""

    status = 403
    code = "CANNOT_SCHEDULE_YOURSELF"
    message = "Nobody schedules, sees or cancels their own removal."


class ConnectionNotFoundError(ContractError):
    """The organization has no such connection of a program, or it is revoked."""

    status = 404
    code = "CONNECTION_NOT_FOUND"
    message = "The connection was not found in this organization."


class TooManyConnectionsError(ContractError):
    """The organization has as many connections as it may have; the details say how many."""

    status = 422
    code = "TOO_MANY_CONNECTIONS"
    message = "The organization has as many connections as it may have. Revoke one first."


class WebhookEndpointNotFoundError(ContractError):
    status = 404
    code = "WEBHOOK_ENDPOINT_NOT_FOUND"
    message = "The webhook endpoint was not found in this organization."


class WebhookDeliveryNotFoundError(ContractError):
    status = 404
    code = "WEBHOOK_DELIVERY_NOT_FOUND"
    message = "The delivery was not found. Deliveries are kept for 30 days."


class WebhookEndpointDisabledError(ContractError):
    """Nothing is sent to a disabled endpoint; the details say since when, and why."""

    status = 422
    code = "WEBHOOK_ENDPOINT_DISABLED"
    message = "The webhook endpoint is disabled. Enable it first."


class TooManyWebhookEndpointsError(ContractError):
    """The organization has as many webhook endpoints as it may have; the details say how many."""

    status = 422
    code = "TOO_MANY_WEBHOOK_ENDPOINTS"
    message = "The organization has as many webhook endpoints as it may have. Delete one first."


class TooManyResourceTypesError(ContractError):
    status = 422
    code = "TOO_MANY_RESOURCE_TYPES"
    message = "The organization has as many types of resources as it may have."


class ResourceNotFoundError(ContractError):
    status = 404
    code = "RESOURCE_NOT_FOUND"
    message = "The resource was not found in this organization."


class StepAlreadyExistsError(ContractError):
    status = 409
    code = "STEP_ALREADY_EXISTS"
    message = "The organization has an offboarding step with this key already."


class StepNotFoundError(ContractError):
    status = 404
    code = "STEP_NOT_FOUND"
    message = "The offboarding step was not found in this organization."


class TooManyStepsError(ContractError):
    """The organization has as many enabled steps as it may have; the details say how many."""

    status = 422
    code = "TOO_MANY_STEPS"
    message = "The organization has as many enabled steps as it may have. Disable one first."


class TaskNotFoundError(ContractError):
    status = 404
    code = "TASK_NOT_FOUND"
    message = "The offboarding task was not found in this organization."


class TaskCancelledError(ContractError):
    """The task's removal was undone; the details name the restoration."""

    status = 422
    code = "TASK_CANCELLED"
    message = "The removal was undone, so its tasks do not change any more."


class DomainNotAllowedError(ContractError):
    """An address lies in no mail domain of the organization; the details say which it has."""

    status = 403
    code = "DOMAIN_NOT_ALLOWED"
    message = "The address is not in a mail domain of this organization."

    def __init__(self, domain: str, domains: Sequence[str]) -> None:
        allowed = ", ".join(domains[:NAMED_DOMAINS])
        if len(domains) > NAMED_DOMAINS:
            allowed += f" and {len(domains) - NAMED_DOMAINS:,} more"
        self.message = (
            f"Addresses of {domain or 'no domain'} are not allowed in this organization."
            f" Allowed: {allowed or 'none so far'}. Whoever operates this service can add a domain."
        )
        super().__init__({"domain": domain, "domains": list(domains)})


class DomainTakenError(ContractError):
    """Another organization has the domain already, and nobody said to share it."""

    status = 409
    code = "DOMAIN_TAKEN"
    message = "Another organization has this domain already."

    def __init__(self, holders: Mapping[str, Sequence[str]]) -> None:
        """Name, for each domain, the organizations that have it."""
        self.message = " ".join(
            f"{domain} is a domain of {' and '.join(organizations)} already."
            for domain, organizations in holders.items()
        )
        super().__init__({"domains": list(holders)})
