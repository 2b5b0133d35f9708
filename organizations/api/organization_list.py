"""Lists of what an organization has."""

from typing import ClassVar, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.generics import ListAPIView

from organizations.api.required_capabilities import require
from organizations.capabilities import Capability
from users.api_view import ApiView

Row = TypeVar("Row", bound=Model)


class OrganizationListView(ApiView, ListAPIView[Row]):
    """Lists rows of one organization to an active member who holds what the list requires."""

    required_capabilities: ClassVar[tuple[Capability, ...]] = ()

    authority: frozenset[Capability]  # the caller's, once they may see the list

    def get_queryset(self) -> QuerySet[Row]:
        """Return the organization's rows, to those who may see them; raises as `require`."""
        organization_id = self.kwargs["organization_id"]
        self.authority = require(organization_id, self.request, *self.required_capabilities)
        return super().get_queryset().filter(organization=organization_id)
