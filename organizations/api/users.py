"""Members are listed in pages, with filters and a search."""

from collections.abc import Collection

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Subquery
from django_filters.rest_framework import CharFilter, FilterSet, MultipleChoiceFilter
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers

from config.api.openapi import describe
from config.api.pagination import IdPagination
from config.search import LONGEST_TERM
from organizations.api.examples import USER_NOT_FOUND
from organizations.api.user import ACCOUNT_STATES, UserSerializer
from organizations.api.view import OrganizationListView
from organizations.models import DepartmentMembership, Membership, RoleAssignment
from organizations.models.membership import MembershipQuerySet
from users.models import User

_FEW = 1000  # accounts that are named one by one

_ACCOUNT = User.objects.filter(pk=OuterRef("user"))
_ROLE_IDS = RoleAssignment.objects.filter(membership=OuterRef("pk"))
_DEPARTMENT_IDS = DepartmentMembership.objects.filter(membership=OuterRef("pk"))


class UserFilterSet(FilterSet):
    """Whom to list; what is not this organization's leaves nobody."""

    account_state = MultipleChoiceFilter(
        choices=[(state, state) for state in ACCOUNT_STATES],
        method="in_state",
        help_text="Only members in this state; given twice, in either.",
    )
    role_id = CharFilter(
        "role_assignments__role", method="holding", help_text="Only members who hold this role."
    )
    department_id = CharFilter(
        "department_memberships__department",
        method="holding",
        help_text="Only members of this department.",
    )
    search = CharFilter(
        method="matching",
        max_length=LONGEST_TERM,
        help_text=(
            "Only members whose id this is, whose e-mail address begins with it, or whose name has"
            " words that begin with its words."
        ),
    )

    def in_state(
        self, members: MembershipQuerySet, name: str, states: Collection[str]
    ) -> MembershipQuerySet:
        """Narrow the members to one state, or to both."""
        match sorted(set(states)):
            case ["active"]:
                return members.active()
            case ["deactivated"]:
                return members.deactivated()
        return members

    def holding(self, members: MembershipQuerySet, name: str, value: str) -> MembershipQuerySet:
        """Narrow the members to a role's holders or a department's members, listed by its index."""
        relation, _ = name.split("__")
        return members.filter(**{name: value}).alias(position=F(f"{relation}__user"))

    def matching(self, members: MembershipQuerySet, name: str, value: str) -> MembershipQuerySet:
        """Narrow the members to people who are found as the admin finds them.

        A few are looked up first: PostgreSQL expects more of them than there are, and walks through
        all accounts for a page. 25 ms in place of 55 for a thousand among a million.
        """
        accounts = User.objects.matching(value)
        found = list(accounts.values_list("pk", flat=True)[: _FEW + 1])
        return members.filter(user__in=found if len(found) <= _FEW else accounts)


class ListedUserSerializer(UserSerializer):
    """A user of a page, who comes with these values: it takes half the time of prefetching them."""

    full_name = serializers.CharField()
    email = serializers.EmailField()
    user_name = serializers.CharField(source="email")
    role_ids = serializers.ListField()  # type: ignore[assignment]
    department_ids = serializers.ListField()  # type: ignore[assignment]


@extend_schema_view(
    get=describe(
        operation_id="listUsers",
        summary="List users",
        description=(
            "The members of the organization, active and deactivated, in the order of their ids."
            " Any active member may see them."
        ),
        responses={200: UserSerializer(many=True)},
        invalid={"limit": "Must be a whole number from 1 to 100."},
    )
)
class UserListView(OrganizationListView[Membership]):
    """The users of an organization."""

    queryset = (
        Membership.objects.current()
        .alias(position=F("user"))
        .annotate(
            role_ids=ArraySubquery(_ROLE_IDS.order_by("role").values("role")),
            department_ids=ArraySubquery(
                _DEPARTMENT_IDS.order_by("department").values("department")
            ),
            # Not joined: a page deep in the list would be merged with all accounts before it.
            full_name=Subquery(_ACCOUNT.values("full_name")),
            email=Subquery(_ACCOUNT.values("email")),
        )
        .order_by("position")
    )
    serializer_class = ListedUserSerializer
    pagination_class = IdPagination
    filterset_class = UserFilterSet


describe_user = describe(
    operation_id="getUser",
    summary="Get user",
    description=(
        "One member of the organization, for any active member to see. The 404 of somebody who was"
        " removed names the removal, by `removal_id` and `removed_at`, to a caller who holds"
        " `remove_users` and what the user's roles granted."
    ),
    responses={200: UserSerializer},
    refusals=[USER_NOT_FOUND],
)
