"""The ids and errors that examples in the API's description share."""

from organizations.exceptions import (
    ConfirmationRequiredError,
    ConnectionNotFoundError,
    DepartmentNotFoundError,
    RemovalNotFoundError,
    TransferUserNotFoundError,
    UserNotFoundError,
    WebhookEndpointNotFoundError,
)

ORGANIZATION_ID = "org_xyz789"
USER_ID = "usr_abc123"
HEIR_ID = "usr_member1"
OWNER_ID = "usr_owner01"
ADMIN_ID = "usr_admin01"
DEPARTMENT_ID = "dept_eng001"
ROLE_ID = "role_member"
REMOVAL_ID = "rem_01JFQ8Z6V2T8M3N4P5Q6R7S8T9"
RESTORATION_ID = "rst_01JFQ9A1B2C3D4E5F6G7H8J9K0"
SCHEDULE_ID = "sch_01JFQ8Z6V2T8M3N4P5Q6R7S8T9"
EVENT_ID = "evt_01JFQ8Z6V2T8M3N4P5Q6R7S8T9"
ENDPOINT_ID = "we_01JFQ8Z6V2T8M3N4P5Q6R7S8T9"
STEP_ID = "stp_01JFQ8Z6V2T8M3N4P5Q6R7S8T9"
STEP_KEY = "repositories"
TASK_ID = "tsk_01JFQ8Z6V2T8M3N4P5Q6R7S8T9_002"
RESOURCE_ID = "res_01JFQ8Z6V2T8M3N4P5Q6R7S8T9"
RESOURCE_TYPE = "repository"
EXTERNAL_ID = "acme/billing"
CONNECTION_ID = "con_01JFQ8Z6V2T8M3N4P5Q6R7S8T9"
DELIVERY_ID = "dlv_01JFQ8Z6V2T8M3N4P5Q6R7S8T9"

BY_PARAMETER = {
    "organization_id": ORGANIZATION_ID,
    "user_id": USER_ID,
    "department_id": DEPARTMENT_ID,
    "role_id": ROLE_ID,
    "removal_id": REMOVAL_ID,
    "endpoint_id": ENDPOINT_ID,
    "delivery_id": DELIVERY_ID,
    "connection_id": CONNECTION_ID,
    "resource_id": RESOURCE_ID,
    "type": RESOURCE_TYPE,
    "external_id": EXTERNAL_ID,
    "key": STEP_KEY,
    "task_id": TASK_ID,
}
CONFIRMATION_REQUIRED = ConfirmationRequiredError({"user_id": USER_ID})
USER_NOT_FOUND = UserNotFoundError({"user_id": USER_ID})
DEPARTMENT_NOT_FOUND = DepartmentNotFoundError({"department_id": DEPARTMENT_ID})
CONNECTION_NOT_FOUND = ConnectionNotFoundError({"connection_id": CONNECTION_ID})
REMOVAL_NOT_FOUND = RemovalNotFoundError({"removal_id": REMOVAL_ID})
ENDPOINT_NOT_FOUND = WebhookEndpointNotFoundError({"endpoint_id": ENDPOINT_ID})
TARGETS_NOT_FOUND = (DEPARTMENT_NOT_FOUND, TransferUserNotFoundError({"user_id": HEIR_ID}))
LAST_OWNER = {"user_id": USER_ID, "organization_id": ORGANIZATION_ID}
