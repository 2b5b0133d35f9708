"""A bulk removal takes up to a thousand users out of the organization at once."""

from dataclasses import dataclass
from typing import Any, Self

from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import describe
from config.api.parser import JSONObjectParser
from config.api.strict import IdField, StrictListField
from config.errors import ContractError
from organizations.api.bodies import (
    NOT_A_STRING,
    TO_USER,
    ConfirmationSerializer,
    TransferTargetSerializer,
)
from organizations.api.examples import (
    HEIR_ID,
    ORGANIZATION_ID,
    OWNER_ID,
    REMOVAL_ID,
    TARGETS_NOT_FOUND,
    USER_ID,
)
from organizations.api.view import OrganizationView
from organizations.exceptions import ConfirmationRequiredError, LastOwnerCannotBeRemovedError
from organizations.guards.acts import REMOVE
from organizations.guards.caller import Caller
from organizations.guards.judge import find_missed_goals
from organizations.guards.targets import TARGET_NOT_FOUND
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


@dataclass(frozen=True, slots=True)
class BulkRemoval:
    """What became of all users who were asked to leave."""

    results: list[UserResult]

    @property
    def failed_operations(self) -> list[UserResult]:
        """The users who were refused."""
        return [result for result in self.results if result.error]

    @property
    def failure_count(self) -> int:
        """How many users were refused."""
        return len(self.failed_operations)

    @property
    def success_count(self) -> int:
        """How many users were removed, now or before."""
        return len(self.results) - self.failure_count


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


class BulkRemovalResultSerializer(serializers.Serializer[BulkRemoval]):
    """The answer of a bulk removal."""

    success_count = serializers.IntegerField(help_text="Who had left already is counted here.")
    failure_count = serializers.IntegerField()
    failed_operations = FailedOperationSerializer(many=True)
    results = UserResultSerializer(many=True, help_text="In the order of `user_ids`.")


_REFUSAL = LastOwnerCannotBeRemovedError({"user_id": OWNER_ID, "organization_id": ORGANIZATION_ID})

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
    examples=[
        OpenApiExample(
            "To a person",
            value={"confirm": True, "user_ids": [USER_ID, OWNER_ID], TO_USER: HEIR_ID},
            request_only=True,
        ),
        OpenApiExample(
            "One removed, one refused",
            value={
                "success_count": 1,
                "failure_count": 1,
                "failed_operations": [{"id": OWNER_ID, "error": _REFUSAL.message}],
                "results": [
                    {
                        "user_id": USER_ID,
                        "outcome": "removed",
                        "removal_id": REMOVAL_ID,
                        "error": None,
                    },
                    {
                        "user_id": OWNER_ID,
                        "outcome": "refused",
                        "removal_id": None,
                        "error": RefusalSerializer(_REFUSAL).data,
                    },
                ],
            },
            response_only=True,
        ),
    ],
    responses={200: BulkRemovalResultSerializer},
    invalid={"user_ids": NOT_A_STRING},
    refusals=[ConfirmationRequiredError(), *TARGETS_NOT_FOUND],
)


class BulkRemovalView(OrganizationView):
    """Several users as members of an organization (members: delete-bulk)."""

    act = REMOVE
    parser_classes = (LargeBodyParser,)

    @describe_bulk_removal
    def post(self, request: AuthenticatedRequest, organization_id: str) -> Response:
        body = self.read_body(BulkRemovalSerializer)
        if not body.validated_data["confirm"]:
            raise ConfirmationRequiredError
        user_ids, targets = body.validated_data["user_ids"], body.targets
        for goal in find_missed_goals(organization_id, targets, leaving=user_ids):
            raise body.explain(goal.not_found())
        outcomes = remove_members(
            organization_id,
            user_ids,
            transfer_to=targets,
            caller=Caller.of(request, reason=body.validated_data["reason"]),
        )
        for outcome in outcomes:  # it was there a moment ago, so that nobody has been removed
            if isinstance(outcome.refusal, TARGET_NOT_FOUND):
                raise body.explain(outcome.refusal)
        removal = BulkRemoval([UserResult.of(outcome) for outcome in outcomes])
        return Response(BulkRemovalResultSerializer(removal).data)
