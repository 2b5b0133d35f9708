"""An import registers up to a thousand resources at once."""

from collections import Counter
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import describe, response_example
from config.api.parser import JSONObjectParser
from config.api.strict import IdField, StrictListField, StrictSerializer, StrictStringField
from organizations.api import examples
from organizations.api.bodies import TYPE_PATTERN
from organizations.api.bulk_removal import RefusalSerializer
from organizations.api.resources import EXAMPLE, RegistrationSerializer
from organizations.api.view import OrganizationView
from organizations.exceptions import UserNotFoundError
from organizations.guards.acts import REGISTER_RESOURCES
from organizations.models.resource_entry import LONGEST_KEY
from organizations.resources.importing import import_lines
from organizations.resources.registration_decision import Result
from users.api_view import AuthenticatedRequest

LARGEST = 1000


class ImportBodyParser(JSONObjectParser):
    """Reads a body that is large enough for a thousand resources."""

    max_bytes = 4 * 1024 * 1024


class LineSerializer(RegistrationSerializer):
    """One resource of an import."""

    type = serializers.RegexField(TYPE_PATTERN)
    external_id = StrictStringField(
        min_length=1,
        max_length=LONGEST_KEY,
        help_text="Its key, without control characters, compared as it is.",
    )
    id = IdField(
        required=False,
        allow_null=True,
        help_text="A resource without a key, which gets this type and key, once.",
    )

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the line as it is: importing.py validates each line by itself."""
        return data


class ImportSerializer(StrictSerializer):
    """The body of an import."""

    resources = StrictListField(child=LineSerializer(), allow_empty=False, max_length=LARGEST)

    def validate_resources(self, lines: list[Any]) -> list[dict[str, Any]]:
        """Return the lines. Raises ValidationError that names every line that is no object."""
        if wrong := [index for index, line in enumerate(lines) if not isinstance(line, dict)]:
            raise serializers.ValidationError(
                [f"resources[{index}] must be an object." for index in wrong]
            )
        return lines


class FailedLineSerializer(serializers.Serializer[Any]):
    """A line that was not done."""

    index = serializers.IntegerField(help_text="Its place in `resources`, from 0.")
    error = RefusalSerializer()


class ImportResultSerializer(serializers.Serializer[Any]):
    """The answer of an import."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    failed = FailedLineSerializer(many=True, help_text="In the order of the lines.")


_REFUSAL = RefusalSerializer(UserNotFoundError({"user_id": examples.USER_ID}))


class ResourceImportView(OrganizationView):
    act = REGISTER_RESOURCES
    parser_classes = (ImportBodyParser,)

    @describe(
        operation_id="importResources",
        summary="Import resources",
        description=(
            "Registers up to 1,000 resources in one transaction, each as `PUT` of it alone would."
            " An error in one line (a field, an owner, a key that stands in several lines) is"
            " reported for that line, and the others are done; the same body again changes nothing."
            " The body has at most 4 MiB.\n\n"
            "`id` names a resource that was made by hand and has no key: it gets this type and key,"
            " once. Takes the capability `manage_resources`."
        ),
        request=ImportSerializer,
        request_examples={
            "Two": {
                "resources": [
                    {
                        "type": examples.RESOURCE_TYPE,
                        "external_id": examples.EXTERNAL_ID,
                        "name": "Billing",
                        "url": EXAMPLE["url"],
                        "owner_user_id": examples.USER_ID,
                    },
                    {
                        "type": "invoice-approval",
                        "external_id": "4711",
                        "name": "Approves invoices",
                        "owner_department_id": examples.DEPARTMENT_ID,
                    },
                ]
            }
        },
        examples=[
            response_example(
                {
                    "created": 1,
                    "updated": 0,
                    "unchanged": 0,
                    "failed": [{"index": 0, "error": _REFUSAL.data}],
                },
                name="One made, one whose owner has left",
            )
        ],
        responses={200: ImportResultSerializer},
        invalid={"resources": "This list may not be empty."},
    )
    def post(self, request: AuthenticatedRequest, organization_id: str) -> Response:
        body = self.read_body(ImportSerializer)
        lines = body.validated_data["resources"]
        outcomes = import_lines(organization_id, lines, caller=self.caller)
        counts = Counter(outcome.result for outcome in outcomes)
        result = {
            **{each.value: counts[each] for each in Result},
            "failed": [
                {"index": index, "error": outcome.refusal}
                for index, outcome in enumerate(outcomes)
                if outcome.refusal
            ],
        }
        return Response(ImportResultSerializer(result).data)
