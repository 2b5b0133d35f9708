"""Other systems register, read and delete resources, one by one."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from config.api.errors import InvalidFieldsError
from config.api.openapi import describe, response_example
from config.api.strict import IdField, StrictSerializer, StrictStringField
from config.identifiers import only_ids
from organizations.api import examples
from organizations.api.bodies import NOT_A_STRING
from organizations.api.view import OrganizationView, first_or_raise
from organizations.capabilities import Capability
from organizations.exceptions import ResourceNotFoundError, TooManyResourceTypesError
from organizations.guards.acts import REGISTER_RESOURCES
from organizations.guards.caller import Authority
from organizations.models import DepartmentMembership, Resource, ResourceEntry
from organizations.models.resource import ResourceQuerySet
from organizations.models.resource_entry import LONGEST_NAME, LONGEST_URL, ResourceEntryQuerySet
from organizations.models.resource_type import MOST_TYPES
from organizations.resources.deletion import delete
from organizations.resources.registration import Registration, is_addressable, is_key
from organizations.resources.registration_decision import Result
from organizations.resources.service import register
from users.api_view import AuthenticatedRequest

SEES_ALL = {Capability.MANAGE_RESOURCES, Capability.REMOVE_USERS, Capability.VIEW_AUDIT_LOG}
RESOURCES = ResourceEntry.objects.select_related("resource")
EXAMPLE = {
    "id": examples.RESOURCE_ID,
    "type": examples.RESOURCE_TYPE,
    "external_id": examples.EXTERNAL_ID,
    "name": "Billing",
    "url": "https://git.acme.example/billing",
    "owner_user_id": examples.USER_ID,
    "owner_department_id": None,
    "updated_at": "2025-12-22T15:30:00Z",
}
NOT_FOUND = ResourceNotFoundError({"resource_id": examples.RESOURCE_ID})
KEY_NOT_FOUND = ResourceNotFoundError(
    {"type": examples.RESOURCE_TYPE, "external_id": examples.EXTERNAL_ID}
)
NOT_IN_ADDRESSES = (
    "A key with an empty segment, '.' or '..', or a slash at either end, goes by"
    " POST /resources/import alone."
)
_DELETION = (
    "Deletes a resource that no longer exists in its system. An event `resources.deleted` says of"
    " which type it was, and which user owned it if one did; records of removals keep its name and"
    " key. Takes the capability `manage_resources`."
)


@extend_schema_serializer(component_name="Resource", examples=[response_example(EXAMPLE)])
class ResourceSerializer(serializers.Serializer[ResourceEntry]):
    """Something that the organization has, and who owns it: a user or a department."""

    id = serializers.CharField(source="resource_id")
    type = serializers.CharField(help_text="Its kind, such as `repository`.")
    external_id = serializers.CharField(
        allow_null=True,
        help_text="The key by which the system that registered it knows it; null if by hand.",
    )
    name = serializers.CharField()
    url = serializers.CharField(allow_null=True)
    owner_user_id = serializers.CharField(source="resource.owner_id", allow_null=True)
    owner_department_id = serializers.CharField(source="resource.department_id", allow_null=True)
    updated_at = serializers.DateTimeField(help_text="When the name or the url last changed.")


def sees_all(authority: Authority) -> bool:
    """Return whether somebody with this authority sees all resources of the organization."""
    return not SEES_ALL.isdisjoint(authority.capabilities)


def shared_with(organization_id: str, user_id: str) -> ResourceQuerySet:
    """Return what a member owns, and what their departments own."""
    departments = DepartmentMembership.objects.filter(
        organization=organization_id, membership__user=user_id
    )
    return Resource.objects.filter(
        Q(owner=user_id) | Q(department__in=departments.values("department")),
        organization=organization_id,
    )


def visible(organization_id: str, user_id: str, authority: Authority) -> ResourceEntryQuerySet:
    """Return the resources of the organization that somebody with this authority sees.

    Without a capability that concerns them, these are their own and those of their departments.
    """
    resources = RESOURCES.filter(organization=organization_id)
    if sees_all(authority):
        return resources
    return resources.filter(resource__in=shared_with(organization_id, user_id))


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Of a user",
            value={"name": "Billing", "url": EXAMPLE["url"], "owner_user_id": examples.USER_ID},
            request_only=True,
        )
    ]
)
class RegistrationSerializer(StrictSerializer):
    """What a resource is to be. It replaces what was there: without `url` there is none."""

    name = StrictStringField(min_length=1, max_length=LONGEST_NAME)
    url = StrictStringField(
        required=False, allow_null=True, max_length=LONGEST_URL, help_text="An http(s) address."
    )
    owner_user_id = IdField(
        required=False,
        allow_null=True,
        help_text=(
            "An active member, or the present owner, who may be deactivated. Without an owner, an"
            " existing resource keeps its own."
        ),
    )
    owner_department_id = IdField(
        required=False, allow_null=True, help_text="A department instead. Not with a user."
    )

    def to_internal_value(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the registration of the key in the address; raises InvalidFieldsError."""
        if repeated := [name for name in ("type", "external_id", "id") if name in data]:
            raise InvalidFieldsError({name: ["The address says it."] for name in repeated})
        return {"registration": Registration.read({**data, **self.context})}


def require_addressable(external_id: str) -> None:
    """Raise InvalidFieldsError for a key that an address does not keep unchanged."""
    if not is_addressable(external_id):
        raise InvalidFieldsError({"external_id": [NOT_IN_ADDRESSES]})


class ResourceView(OrganizationView):
    act = REGISTER_RESOURCES
    members_may_read = True

    @describe(
        operation_id="getResource",
        summary="Get resource",
        description="One resource, for whoever sees it in the list.",
        responses={200: ResourceSerializer},
        refusals=[NOT_FOUND],
    )
    def get(
        self, request: AuthenticatedRequest, organization_id: str, resource_id: str
    ) -> Response:
        seen = visible(organization_id, self.caller.member_id, self.authority)
        resource = first_or_raise(
            seen.filter(pk__in=only_ids("res", [resource_id])),
            ResourceNotFoundError({"resource_id": resource_id}),
        )
        return Response(ResourceSerializer(resource).data)

    @describe(
        operation_id="deleteResource",
        summary="Delete resource",
        description=_DELETION,
        no_content="It is deleted.",
        refusals=[NOT_FOUND],
    )
    def delete(self, request: AuthenticatedRequest, **path: str) -> Response:
        delete(**path, caller=self.caller)
        return Response(status=204)


class KeyedResourceView(OrganizationView):
    act = REGISTER_RESOURCES
    members_may_read = True

    def find(self) -> ResourceEntry:
        """Return the resource that the address names, or raise ResourceNotFoundError."""
        slug, external_id = self.kwargs["type"], self.kwargs["external_id"]
        if is_key(slug, external_id):
            seen = visible(self.kwargs["organization_id"], self.caller.member_id, self.authority)
            if resource := seen.filter(type=slug, external_id=external_id).first():
                return resource
        raise ResourceNotFoundError({"type": slug, "external_id": external_id})

    @describe(
        operation_id="getResourceByKey",
        summary="Get resource by key",
        description="One resource, for whoever sees it in the list, by the key of its system.",
        responses={200: ResourceSerializer},
        refusals=[KEY_NOT_FOUND],
    )
    def get(self, request: AuthenticatedRequest, organization_id: str, **key: str) -> Response:
        return Response(ResourceSerializer(self.find()).data)

    @describe(
        operation_id="registerResource",
        summary="Register resource",
        description=(
            "Makes the resource with this type and key, or changes the existing one: the body"
            " replaces what was there, so that without a `url` the resource has none. The owner can"
            " be left out for a resource that exists. A second request with the same body changes"
            " nothing and locks nothing.\n\n"
            "`external_id` is percent-encoded in the address, with or without its slashes. A key"
            " with an empty, `.` or `..` segment, or a slash at either end, is changed on its way:"
            " register it by `POST /resources/import`. Types are made when first named, at most"
            f" {MOST_TYPES} in an organization.\n\n"
            "A new owner must be an active member; somebody who has left is a 404, even for what"
            " they still own. A change of owner leaves an event `resources.transferred`. Takes the"
            " capability `manage_resources`, over all resources of the organization."
        ),
        request=RegistrationSerializer,
        responses={200: ResourceSerializer, 201: ResourceSerializer},
        invalid={"name": NOT_A_STRING},
        refusals=[
            examples.USER_NOT_FOUND,
            examples.DEPARTMENT_NOT_FOUND,
            TooManyResourceTypesError({"type": examples.RESOURCE_TYPE, "limit": MOST_TYPES}),
        ],
    )
    def put(self, request: AuthenticatedRequest, organization_id: str, **key: str) -> Response:
        require_addressable(key["external_id"])
        body = self.read_body(RegistrationSerializer, context=key)
        [decision] = register(
            organization_id, [body.validated_data["registration"]], caller=self.caller
        )
        if decision.refusal:
            raise decision.refusal
        deleted_since = ResourceNotFoundError(key)
        resource = first_or_raise(RESOURCES.filter(pk=decision.resource_id), deleted_since)
        is_new = decision.result is Result.CREATED
        return Response(ResourceSerializer(resource).data, status=201 if is_new else 200)

    @describe(
        operation_id="deleteResourceByKey",
        summary="Delete resource by key",
        description=_DELETION,
        no_content="It is deleted.",
        invalid={"external_id": NOT_IN_ADDRESSES},
        refusals=[KEY_NOT_FOUND],
    )
    def delete(self, request: AuthenticatedRequest, organization_id: str, **key: str) -> Response:
        require_addressable(key["external_id"])
        delete(organization_id, self.find().pk, caller=self.caller)
        return Response(status=204)
