"""Factories: each makes a valid object with all that it needs, in one organization."""

from collections.abc import Iterable
from typing import Any

import factory
from django.db import transaction
from django.utils import timezone
from factory.django import DjangoModelFactory

from organizations.models import (
    Department,
    DepartmentMembership,
    Event,
    Membership,
    OffboardingStep,
    OffboardingTask,
    Organization,
    Removal,
    Resource,
    ResourceEntry,
    ResourceType,
    Role,
    RoleAssignment,
    WebhookDelivery,
    WebhookEndpoint,
)
from organizations.models.resource_type import DEFAULT_TYPE
from users.models import User


class UserFactory(DjangoModelFactory[User]):
    """A person with an account that works."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    full_name = factory.Sequence(lambda n: f"Person {n}")


class OrganizationFactory(DjangoModelFactory[Organization]):
    """An organization with the roles that every organization starts with, and nobody in it."""

    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Organization {n}")


class DepartmentFactory(DjangoModelFactory[Department]):
    """A department."""

    class Meta:
        model = Department

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Department {n:06}")  # sorted by name as they are made


class RoleFactory(DjangoModelFactory[Role]):
    """A role of the organization's own, which grants nothing unless ``capabilities`` says so."""

    class Meta:
        model = Role

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Role {n:06}")  # sorted by name as they are made


class MembershipFactory(DjangoModelFactory[Membership]):
    """An active member, with ``roles`` (names or roles) and ``departments`` where given."""

    class Meta:
        model = Membership
        skip_postgeneration_save = True

    organization = factory.SubFactory(OrganizationFactory)
    user = factory.SubFactory(UserFactory)

    @factory.post_generation
    def roles(self: Any, create: bool, extracted: Iterable[Role | str] | None, **_: Any) -> None:
        for role in extracted or ():
            RoleAssignment.objects.create(
                organization=self.organization,
                membership=self,
                role=self.organization.roles.get(name=role) if isinstance(role, str) else role,
            )

    @factory.post_generation
    def departments(
        self: Any, create: bool, extracted: Iterable[Department] | None, **_: Any
    ) -> None:
        for department in extracted or ():
            DepartmentMembership.objects.create(
                organization=self.organization, membership=self, department=department
            )


class ResourceFactory(DjangoModelFactory[Resource]):
    """A resource with its entry; give it an ``owner`` (who joins) or a ``department``."""

    class Meta:
        model = Resource

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Resource {n}")
    external_id: str | None = None
    url: str | None = None

    @classmethod
    @transaction.atomic
    def _create(cls, model_class: type[Resource], *args: Any, **fields: Any) -> Resource:
        owner, organization = fields.get("owner"), fields["organization"]
        if owner and not Membership.objects.of(organization.pk, [owner.pk]).exists():
            MembershipFactory.create(organization=organization, user=owner)
        entry = {key: fields.pop(key) for key in ("name", "external_id", "url")}
        type_ = fields.setdefault("type", DEFAULT_TYPE)
        ResourceType.objects.ensure(organization.pk, [type_])
        resource: Resource = super()._create(model_class, *args, **fields)
        ResourceEntry.objects.create(
            resource=resource, organization=organization, type=type_, **entry
        )
        return resource


class RemovalFactory(DjangoModelFactory[Removal]):
    """The record of a removal that took nothing, with its event and the end of ``membership``."""

    class Meta:
        model = Removal

    membership = factory.SubFactory(MembershipFactory)
    organization = factory.SelfAttribute("membership.organization")
    created_at = factory.LazyFunction(timezone.now)
    source = "api"
    roles = factory.LazyFunction(list)
    departments = factory.LazyFunction(list)
    resource_count = 0

    @classmethod
    @transaction.atomic
    def _create(cls, model_class: type[Removal], *args: Any, **fields: Any) -> Removal:
        membership = fields["membership"]
        membership.deleted_at = fields["created_at"]
        membership.save()
        removal: Removal = super()._create(model_class, *args, **fields)
        EventFactory.create(
            organization=removal.organization,
            user=membership.user,
            created_at=removal.created_at,
            data={"removal_id": removal.pk},
        )
        return removal


class OffboardingStepFactory(DjangoModelFactory[OffboardingStep]):
    """An enabled step that concerns everybody, assigned to nobody, without a date."""

    class Meta:
        model = OffboardingStep

    organization = factory.SubFactory(OrganizationFactory)
    key = factory.Sequence(lambda n: f"step-{n}")
    title = factory.Sequence(lambda n: f"Step {n}")


class OffboardingTaskFactory(DjangoModelFactory[OffboardingTask]):
    """An open task of a ``removal``, or of a removal in the ``organization``, or in a new one."""

    class Meta:
        model = OffboardingTask

    organization: Organization | None = None
    removal = factory.LazyAttribute(lambda task: _removal_in(task.organization))
    key = factory.Sequence(lambda n: f"step-{n}")
    title = factory.Sequence(lambda n: f"Step {n}")

    @classmethod
    def _create(
        cls, model_class: type[OffboardingTask], *args: Any, **fields: Any
    ) -> OffboardingTask:
        fields["organization"] = fields["removal"].organization
        task: OffboardingTask = super()._create(model_class, *args, **fields)
        return task


def _removal_in(organization: Organization | None) -> Removal:
    """Return a removal in this organization, or in a new one."""
    removal: Removal = RemovalFactory.create(
        **({"membership__organization": organization} if organization else {})
    )
    return removal


class EventFactory(DjangoModelFactory[Event]):
    """An event of an organization, by default of a removal."""

    class Meta:
        model = Event

    type = Event.Type.MEMBER_REMOVED
    organization = factory.SubFactory(OrganizationFactory)
    source = "api"


class WebhookEndpointFactory(DjangoModelFactory[WebhookEndpoint]):
    """An enabled endpoint that receives all events."""

    class Meta:
        model = WebhookEndpoint

    organization = factory.SubFactory(OrganizationFactory)
    url = factory.Sequence(lambda n: f"https://hooks.example.com/{n}")


class WebhookDeliveryFactory(DjangoModelFactory[WebhookDelivery]):
    """A pending delivery of an event of the endpoint's organization, without a job."""

    class Meta:
        model = WebhookDelivery

    endpoint = factory.SubFactory(WebhookEndpointFactory)
    event = factory.SubFactory(
        EventFactory, organization=factory.SelfAttribute("..endpoint.organization")
    )
