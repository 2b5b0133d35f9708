"""Views about one organization ask what the caller may do before they read a body."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.generics import ListAPIView
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from config.errors import ContractError, InsufficientPermissionsError
from organizations.api import examples
from organizations.exceptions import OrganizationAccessDeniedError
from organizations.guards.acts import Act
from organizations.guards.caller import Authority, Caller
from users.api_view import ApiView

Row = TypeVar("Row", bound=Model)


class OrganizationView(ApiView):
    """Answers active members and programs of the organization who may do the view's act.

    These are the checks 2 and 3 of the contract's DELETE. They are made for the order of answers:
    whoever changes something asks the act again behind the locks.
    """

    act: ClassVar[Act | None] = None  # None: any active member may
    members_may_read: ClassVar[bool] = False  # without the act
    members_may_for_themselves: ClassVar[bool] = False  # as far as the act allows that

    path_examples = examples.BY_PARAMETER
    authority: Authority  # what the caller may do, set by check_permissions
    member_id: str  # who sends the request, or "" where a program does; set with it

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

    def concerns(self, caller: Caller) -> bool:
        """Return whether a member or program who lacks the capability needs none here."""
        return False

    def check_permissions(self, request: Request) -> None:
        """Raise the refusal of a caller who may not do the view's act, as `Caller.authority`."""
        super().check_permissions(request)
        caller = Caller.of(self.request)
        self.member_id = caller.member_id
        organization_id = self.kwargs["organization_id"]
        try:
            self.authority = caller.authority(
                organization_id,
                self.act_of(request.method or ""),
                user_ids=[self.kwargs["user_id"]] if self.members_may_for_themselves else (),
            )
        except InsufficientPermissionsError:
            if not self.concerns(caller):
                raise
            self.authority = caller.authority(organization_id)


class OrganizationListView(OrganizationView, ListAPIView[Row]):
    """Lists rows of one organization."""

    def get_queryset(self) -> QuerySet[Row]:
        return super().get_queryset().filter(organization=self.kwargs["organization_id"])
