"""Steps of an organization's offboarding are listed, made, changed and deleted."""

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import describe, describe_list, response_example
from config.api.strict import (
    IdField,
    StrictBooleanField,
    StrictIntegerField,
    StrictSerializer,
    StrictStringField,
)
from organizations.api import examples
from organizations.api.bodies import NOT_A_STRING
from organizations.api.view import OrganizationListView, OrganizationView
from organizations.capabilities import Capability
from organizations.exceptions import StepAlreadyExistsError, StepNotFoundError, TooManyStepsError
from organizations.guards.acts import CHANGE_STEP
from organizations.handover.steps import MOST_STEPS, change_step, create_step, delete_step
from organizations.models import OffboardingStep
from organizations.models.offboarding_step import LONGEST_DESCRIPTION, LONGEST_TITLE, MOST_DAYS
from organizations.models.resource_type import NO_SLUG
from users.api_view import AuthenticatedRequest

LAST_POSITION = 32_767
NEEDED = f"Takes the capability `{Capability.OVERRIDE_ALL_PERMISSIONS}`."
EXAMPLE = {
    "id": examples.STEP_ID,
    "key": examples.STEP_KEY,
    "title": "Pass on the repositories",
    "description": "The code host gives them to whoever took them over here.",
    "applies_to_type": examples.RESOURCE_TYPE,
    "assigned_to_user_id": None,
    "assigned_to_department_id": None,
    "assigned_to_connection_id": examples.CONNECTION_ID,
    "due_days": 1,
    "position": 0,
    "enabled": True,
}
SHOWN = response_example(EXAMPLE)
NOT_FOUND = StepNotFoundError({"key": examples.STEP_KEY})
ASSIGNEES_NOT_FOUND = (
    examples.USER_NOT_FOUND,
    examples.DEPARTMENT_NOT_FOUND,
    examples.CONNECTION_NOT_FOUND,
)
TOO_MANY = TooManyStepsError({"limit": MOST_STEPS})


@extend_schema_serializer(component_name="OffboardingStep", examples=[SHOWN])
class StepSerializer(serializers.Serializer[OffboardingStep]):
    """What is to be done elsewhere whenever a member is removed."""

    id = serializers.CharField()
    key = serializers.CharField(help_text="What its tasks are called by; it never changes.")
    title = serializers.CharField()
    description = serializers.CharField()
    applies_to_type = serializers.CharField(
        allow_null=True, help_text="Only for leavers who owned resources of this type."
    )
    assigned_to_user_id = serializers.CharField(allow_null=True)
    assigned_to_department_id = serializers.CharField(allow_null=True)
    assigned_to_connection_id = serializers.CharField(allow_null=True)
    due_days = serializers.IntegerField(
        allow_null=True, help_text="Days of 24 hours from the removal; null for no date."
    )
    position = serializers.IntegerField(help_text="Its place; equal ones are sorted by key.")
    enabled = serializers.BooleanField(help_text="Whether removals open tasks of it.")


class StepChangeSerializer(StrictSerializer):
    """What is changed of a step. Whoever is assigned replaces who was."""

    title = StrictStringField(
        help_text=f"1 to {LONGEST_TITLE} characters besides blanks around and invisible ones."
    )
    description = StrictStringField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_DESCRIPTION,
        help_text="How it is done.",
    )
    applies_to_type = StrictStringField(
        required=False,
        allow_null=True,
        help_text="Only for leavers who owned resources of this type; null for everybody.",
    )
    assigned_to_user_id = IdField(required=False, allow_null=True, help_text="An active member.")
    assigned_to_department_id = IdField(
        required=False, allow_null=True, help_text="A department, of which any member can do it."
    )
    assigned_to_connection_id = IdField(
        required=False, allow_null=True, help_text="The connection of a program that answers."
    )
    due_days = StrictIntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=MOST_DAYS,
        help_text="Days of 24 hours after the removal; null for no date.",
    )
    position = StrictIntegerField(
        required=False, min_value=0, max_value=LAST_POSITION, help_text="Its place among the steps."
    )
    enabled = StrictBooleanField(required=False, help_text="Whether removals open tasks of it.")


class StepCreationSerializer(StepChangeSerializer):
    """What a step is made with."""

    key = StrictStringField(help_text=f"What its tasks are called by: {NO_SLUG}")


@describe_list(
    operation_id="listOffboardingSteps",
    summary="List offboarding steps",
    description=(
        "What the organization has to do elsewhere whenever somebody is removed, enabled or"
        " not, sorted by position, then by key. Any active member may see it."
    ),
    invalid={"limit": "This parameter is not known."},
)
class StepListView(OrganizationListView[OffboardingStep]):
    tag = "Hand-over"
    act = CHANGE_STEP
    members_may_read = True
    queryset = OffboardingStep.objects.in_order()
    serializer_class = StepSerializer

    @describe(
        operation_id="createOffboardingStep",
        summary="Create offboarding step",
        description=(
            "Has each removal from now on open a task: in its own transaction, whoever removes,"
            " and by which way. The removal does not wait for the task, and a deactivation opens"
            " none. With `applies_to_type` the step concerns only leavers who owned something of"
            " that type when they were removed, whether it passed on or stayed: what a deactivation"
            " passed on before was not theirs any more.\n\n"
            "A step is assigned to a member, a department, a program by its connection, or nobody."
            f" At most {MOST_STEPS} steps are enabled. {NEEDED}"
        ),
        request=StepCreationSerializer,
        request_examples={
            "For a department": {
                "key": "laptop",
                "title": "Get the laptop back",
                "assigned_to_department_id": examples.DEPARTMENT_ID,
                "due_days": 14,
            },
            "For a program that answers": {
                "key": examples.STEP_KEY,
                "title": "Pass on the repositories",
                "applies_to_type": examples.RESOURCE_TYPE,
                "assigned_to_connection_id": examples.CONNECTION_ID,
            },
        },
        examples=[SHOWN],
        responses={201: StepSerializer},
        invalid={"title": NOT_A_STRING},
        refusals=[
            StepAlreadyExistsError({"key": examples.STEP_KEY}),
            TOO_MANY,
            *ASSIGNEES_NOT_FOUND,
        ],
    )
    def post(self, request: AuthenticatedRequest, organization_id: str) -> Response:
        body = self.read_body(StepCreationSerializer)
        step = create_step(organization_id, **body.validated_data, caller=self.caller)
        return Response(StepSerializer(step).data, status=201)


class StepView(OrganizationView):
    tag = "Hand-over"
    act = CHANGE_STEP

    @describe(
        operation_id="updateOffboardingStep",
        summary="Change offboarding step",
        description=(
            "Changes what the body names; its key stays. Whoever is assigned replaces who was, and"
            " `null` takes a value away. Tasks that were opened stay as they are. The same again"
            f" changes nothing. {NEEDED}"
        ),
        request=StepChangeSerializer(partial=True),
        request_examples={
            "Disabled": {"enabled": False},
            "For a person": {"assigned_to_user_id": examples.USER_ID},
        },
        examples=[SHOWN],
        responses={200: StepSerializer},
        invalid={"title": NOT_A_STRING},
        refusals=[NOT_FOUND, TOO_MANY, *ASSIGNEES_NOT_FOUND],
    )
    def patch(self, request: AuthenticatedRequest, organization_id: str, key: str) -> Response:
        body = self.read_body(StepChangeSerializer, partial=True)
        step = change_step(organization_id, key, **body.validated_data, caller=self.caller)
        return Response(StepSerializer(step).data)

    @describe(
        operation_id="deleteOffboardingStep",
        summary="Delete offboarding step",
        description=f"Deletes a step. Tasks that were opened stay. No body. {NEEDED}",
        no_content="It is deleted. No body.",
        refusals=[NOT_FOUND],
    )
    def delete(self, request: AuthenticatedRequest, **path: str) -> Response:
        delete_step(**path, caller=self.caller)
        return Response(status=204)
