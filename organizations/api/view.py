"""The base of views about one organization checks what the caller may do before it reads a body."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.generics import ListAPIView
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from config.errors import ContractError, InsufficientPermissionsError
from organizations.api import examples
from organizations.exceptions import OrganizationAccessDeniedError
from organizations.guards.acts import Act
from organizations.guards.caller import Authority, Caller
from users.api_view import ApiView

Row = TypeVar("Row", bound=Model)


class OrganizationView(ApiView):
    """Answers active members and programs of the organization who may perform the view's act.

    These are the checks 2 and 3 of the contract's DELETE. They only fix the order of errors: a
    service that changes something checks the act again behind its locks.
    """

    act: ClassVar[Act | None] = None  # None: any active member may
    members_may_read: ClassVar[bool] = False  # without the act
    members_may_for_themselves: ClassVar[bool] = False  # as far as the act allows that

    path_examples = examples.BY_PARAMETER
    caller: Caller  # set by check_permissions
    authority: Authority  # what the caller may do, set by check_permissions

    @classmethod
    def act_of(cls, method: str) -> Act | None:
        """Return the act that a request of this method is, or None where any member may."""
        return None if cls.members_may_read and method in SAFE_METHODS else cls.act

    @classmethod
    def refusals_of_callers(cls, method: str) -> Sequence[ContractError]:
        denied = OrganizationAccessDeniedError({"organization_id": examples.ORGANIZATION_ID})
        act = cls.act_of(method)
        if act is None:
            return [denied]
        return [denied, InsufficientPermissionsError({"required_capabilities": act.capabilities})]

    def is_exempt(self) -> bool:
        """Return whether a caller who lacks the act's capability needs none for this request."""
        return False

    def check_permissions(self, request: Request) -> None:
        """Raise the refusal of a caller who may not perform the act, as `Caller.authority` does."""
        super().check_permissions(request)
        self.caller = Caller.of(self.request)
        organization_id = self.kwargs["organization_id"]
        try:
            self.authority = self.caller.authority(
                organization_id,
                self.act_of(request.method or ""),
                user_ids=[self.kwargs["user_id"]] if self.members_may_for_themselves else (),
            )
        except InsufficientPermissionsError:
            if not self.is_exempt():
                raise
            self.authority = self.caller.authority(organization_id)

    def caller_with_reason(self, body: Serializer[Any]) -> Caller:
        """Return the caller with the reason that the body gives, for the record."""
        return replace(self.caller, reason=body.validated_data["reason"])


class OrganizationListView(OrganizationView, ListAPIView[Row]):
    """Lists rows of one organization."""

    def get_queryset(self) -> QuerySet[Row]:
        return super().get_queryset().filter(organization=self.kwargs["organization_id"])


def first_or_raise(rows: QuerySet[Row], refusal: ContractError) -> Row:
    """Return the first of these rows. Raises the refusal if there is none."""
    row = rows.first()
    if row is None:
        raise refusal
    return row
