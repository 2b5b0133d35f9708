"""A bulk removal takes up to a thousand users out of the organization at once."""

from dataclasses import dataclass
from typing import Any, Self

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import describe, response_example
from config.api.parser import JSONObjectParser
from config.api.strict import IdField, StrictListField
from config.errors import ContractError
from organizations.api import examples
from organizations.api.bodies import (
    NOT_A_STRING,
    TO_USER,
    ConfirmationSerializer,
    TransferTargetSerializer,
)
from organizations.api.view import OrganizationView
from organizations.exceptions import ConfirmationRequiredError, LastOwnerCannotBeRemovedError
from organizations.guards.acts import REMOVE
from organizations.guards.judge import find_missed_goals
from organizations.guards.transfer_targets import TARGET_NOT_FOUND
from organizations.removal.service import RemovalOutcome, remove_members
from users.api_view import AuthenticatedRequest

LARGEST = 1000
OUTCOMES = ("removed", "already_removed", "refused")


class LargeBodyParser(JSONObjectParser):
    """Reads a body that is large enough for a thousand ids."""

    max_bytes = 256 * 1024


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
        "maxItems": LARGEST,
        "uniqueItems": True,
    }
)
class UserIdsField(StrictListField):
    """Ids of users, each once."""

    child = IdField()

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_empty=False, max_length=LARGEST, **options)

    def to_internal_value(self, data: Any) -> list[str]:
        ids: list[str] = super().to_internal_value(data)
        if len(set(ids)) < len(ids):
            raise serializers.ValidationError("Each user can be named only once.")
        return ids


class BulkRemovalSerializer(ConfirmationSerializer, TransferTargetSerializer):
    """The body of a bulk removal."""

    user_ids = UserIdsField(help_text="Who is removed, each once, at most a thousand.")


@dataclass(frozen=True, slots=True)
class UserResult:
    """What became of one user: ``error`` says why somebody was refused."""

    user_id: str
    outcome: str
    removal_id: str | None = None
    error: ContractError | None = None

    @classmethod
    def of(cls, outcome: RemovalOutcome) -> Self:
        """Return the service's outcome as the API has it."""
        if outcome.earlier:
            return cls(outcome.user_id, "already_removed", outcome.earlier.pk)
        if outcome.refusal:
            return cls(outcome.user_id, "refused", error=outcome.refusal)
        return cls(outcome.user_id, "removed", outcome.removal_id)


class RefusalSerializer(serializers.Serializer[ContractError]):
    """Why one of several was refused: what a request for it alone would answer."""

    code = serializers.CharField()
    message = serializers.CharField()
    details = serializers.DictField()


class UserResultSerializer(serializers.Serializer[UserResult]):
    """What became of one user."""

    user_id = serializers.CharField()
    outcome = serializers.ChoiceField(OUTCOMES)
    removal_id = serializers.CharField(
        allow_null=True, help_text="The record of this removal, or of the earlier one."
    )
    error = RefusalSerializer(allow_null=True, help_text="Why the user was refused.")


class FailedOperationSerializer(serializers.Serializer[UserResult]):
    """A user who was not removed, as clients of the reference read it."""

    id = serializers.CharField(source="user_id")
    error = serializers.CharField(source="error.message", help_text="Why, in words.")


class BulkRemovalResultSerializer(serializers.Serializer[Any]):
    """The answer of a bulk removal."""

    success_count = serializers.IntegerField(help_text="Who had left already is counted here.")
    failure_count = serializers.IntegerField()
    failed_operations = FailedOperationSerializer(many=True)
    results = UserResultSerializer(many=True, help_text="In the order of `user_ids`.")


_REFUSAL = LastOwnerCannotBeRemovedError(
    {"user_id": examples.OWNER_ID, "organization_id": examples.ORGANIZATION_ID}
)

describe_bulk_removal = describe(
    operation_id="removeUsers",
    summary="Remove several users",
    description=(
        "Removes up to 1,000 users from the organization in one transaction, each as a removal of"
        " that user alone would. Who cannot be removed is refused alone, and the others go: the"
        " results say what became of each. Who had left already counts as a success, and nothing"
        " changes.\n\n"
        "Takes the capability `remove_users`. What concerns the whole call is an error of the call,"
        " before anything is written: a missing confirmation, an unknown department, or a person to"
        " take over, of any type, who is no active member or is among `user_ids`. The body has at"
        " most 256 KiB."
    ),
    request=BulkRemovalSerializer,
    request_examples={
        "To a person": {
            "confirm": True,
            "user_ids": [examples.USER_ID, examples.OWNER_ID],
            TO_USER: examples.HEIR_ID,
        }
    },
    examples=[
        response_example(
            {
                "success_count": 1,
                "failure_count": 1,
                "failed_operations": [{"id": examples.OWNER_ID, "error": _REFUSAL.message}],
                "results": [
                    {
                        "user_id": examples.USER_ID,
                        "outcome": "removed",
                        "removal_id": examples.REMOVAL_ID,
                        "error": None,
                    },
                    {
                        "user_id": examples.OWNER_ID,
                        "outcome": "refused",
                        "removal_id": None,
                        "error": RefusalSerializer(_REFUSAL).data,
                    },
                ],
            },
            name="One removed, one refused",
        )
    ],
    responses={200: BulkRemovalResultSerializer},
    invalid={"user_ids": NOT_A_STRING},
    refusals=[ConfirmationRequiredError(), *examples.TARGETS_NOT_FOUND],
)


class BulkRemovalView(OrganizationView):
    """Several users as members of an organization (members: delete-bulk)."""

    act = REMOVE
    parser_classes = (LargeBodyParser,)

    @describe_bulk_removal
    def post(self, request: AuthenticatedRequest, organization_id: str) -> Response:
        body = self.read_body(BulkRemovalSerializer)
        user_ids, targets = body.validated_data["user_ids"], body.targets
        for target in find_missed_goals(organization_id, targets, leaving=user_ids):
            raise body.explain(target.not_found())
        outcomes = remove_members(
            organization_id, user_ids, transfer_to=targets, caller=self.caller_with_reason(body)
        )
        for outcome in outcomes:  # a target that went away since the check: nobody was removed
            if isinstance(outcome.refusal, TARGET_NOT_FOUND):
                raise body.explain(outcome.refusal)
        results = [UserResult.of(outcome) for outcome in outcomes]
        failed = [result for result in results if result.error]
        answer = {
            "success_count": len(results) - len(failed),
            "failure_count": len(failed),
            "failed_operations": failed,
            "results": results,
        }
        return Response(BulkRemovalResultSerializer(answer).data)
