"""What the OpenAPI page says of each endpoint."""

from drf_spectacular.utils import extend_schema

describe_removal = extend_schema(operation_id="removeUser")
describe_preview = extend_schema(operation_id="previewRemoval")
