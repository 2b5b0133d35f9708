"""Members are listed in pages, with filters and a search."""

from collections.abc import Collection

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Subquery
from django_filters.rest_framework import CharFilter, FilterSet, MultipleChoiceFilter
from rest_framework import serializers

from config.api.openapi import describe, describe_list
from config.api.pagination import IdPagination
from config.search import LONGEST_TERM
from organizations.api import examples
from organizations.api.user import ACCOUNT_STATES, UserSerializer
from organizations.api.view import OrganizationListView
from organizations.models import DepartmentMembership, Membership, RoleAssignment
from organizations.models.membership import MembershipQuerySet
from users.models import User

_MOST_NAMED = 1000  # accounts whose ids the query lists

_ACCOUNT = User.objects.filter(pk=OuterRef("user"))
_ROLE_IDS = RoleAssignment.objects.filter(membership=OuterRef("pk"))
_DEPARTMENT_IDS = DepartmentMembership.objects.filter(membership=OuterRef("pk"))


class UserFilterSet(FilterSet):
    """Filters members; the id of another organization's role or department matches nobody."""

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
        match sorted(set(states)):
            case ["active"]:
                return members.active()
            case ["deactivated"]:
                return members.deactivated()
        return members

    def holding(self, members: MembershipQuerySet, name: str, value: str) -> MembershipQuerySet:
        """Keep a role's holders or a department's members, paged by the index of that relation."""
        relation, _ = name.split("__")
        return members.filter(**{name: value}).alias(position=F(f"{relation}__user"))

    def matching(self, members: MembershipQuerySet, name: str, value: str) -> MembershipQuerySet:
        """Keep the members whom the admin's search finds.

        Up to 1,000 accounts are looked up first: PostgreSQL overestimates how many match and walks
        through all accounts for a page (a thousand among a million: 25 ms instead of 55).
        """
        accounts = User.objects.matching(value)
        found = list(accounts.values_list("pk", flat=True)[: _MOST_NAMED + 1])
        return members.filter(user__in=found if len(found) <= _MOST_NAMED else accounts)


class ListedUserSerializer(UserSerializer):
    """A user of a page, who comes with these values: it takes half the time of prefetching them."""

    full_name = serializers.CharField()
    email = serializers.EmailField()
    user_name = serializers.CharField(source="email")
    role_ids = serializers.ListField()  # type: ignore[assignment]
    department_ids = serializers.ListField()  # type: ignore[assignment]


@describe_list(
    operation_id="listUsers",
    summary="List users",
    description=(
        "The members of the organization, active and deactivated, in the order of their ids."
        " Any active member may see them."
    ),
    responses={200: UserSerializer(many=True)},
    invalid={"limit": "Must be a whole number from 1 to 100."},
)
class UserListView(OrganizationListView[Membership]):
    queryset = (
        Membership.objects.current()
        .alias(position=F("user"))
        .annotate(
            role_ids=ArraySubquery(_ROLE_IDS.order_by("role").values("role")),
            department_ids=ArraySubquery(
                _DEPARTMENT_IDS.order_by("department").values("department")
            ),
            # Not joined: a join would read all accounts before a page deep in the list.
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
    refusals=[examples.USER_NOT_FOUND],
)
