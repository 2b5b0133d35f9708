"""The admin's first page: finding a member, what needs attention, the lists, and the removals.

Each number is counted by an index and up to a limit, so that the page is fast on large tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from config.admin.large_tables import count_or_estimate
from config.admin.links import address_of_list
from config.admin.times import midnight
from organizations.models import (
    Connection,
    Department,
    Event,
    Membership,
    OffboardingStep,
    OffboardingTask,
    Organization,
    Removal,
    RemovedResources,
    Resource,
    Role,
    ScheduledRemoval,
    ScimIdentity,
    WebhookDelivery,
    WebhookEndpoint,
)
from users.login import staff_of
from users.models import AccessToken, User

COUNTED_UP_TO = 1000  # above it the page says "more than" or estimates
LOOKED_AT = 2000  # organizations, or removals that left resources; each costs a lookup
WEEKS = 12
WEEK = timedelta(weeks=1)
SECTIONS: dict[str, tuple[type[Model], ...]] = {
    "People": (Membership, Organization, Department, Role, Resource, OffboardingStep),
    "Records": (Removal, OffboardingTask, ScheduledRemoval, Event),
    "Systems": (Connection, ScimIdentity, WebhookEndpoint, WebhookDelivery, ProcrastinateJob),
    "Accounts": (User, AccessToken, Group),
}
LABEL_HEIGHT, BAR_HEIGHT, BAR_DISTANCE = 14, 100, 27


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that needs staff's attention: its title, number, and the address of its list."""

    title: str
    number: str
    address: str


@dataclass(frozen=True, slots=True)
class Week:
    """The number of members removed in a week, and its bar in a chart that is 100 high."""

    monday: date
    number: int  # an estimate above COUNTED_UP_TO
    left: int
    height: int

    @property
    def top(self) -> int:
        """Return the top of the bar, above which is room for the label."""
        return LABEL_HEIGHT + BAR_HEIGHT - self.height

    @property
    def label(self) -> str:
        """Return the number, short enough to fit above the bar."""
        return f"{self.number:,}" if self.number < 10_000 else f"{self.number // 1000}k"

    @property
    def words(self) -> str:
        return f"about {self.number:,}" if self.number > COUNTED_UP_TO else f"{self.number:,}"


def context_of(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the page, limited to the lists that the reader may see."""

    def may_see(model: type[Model]) -> bool:
        return admin.site.get_model_admin(model).has_view_permission(request)

    concerns = []
    if may_see(OffboardingTask):
        concerns += offboarding_tasks()
    if may_see(ScheduledRemoval):
        concerns.append(failed_scheduled_removals(staff_of(request)))
    if may_see(WebhookEndpoint):
        concerns.append(disabled_webhook_endpoints())
    if may_see(Resource):
        concerns.append(resources_whose_owner_has_left())
    if may_see(Organization):
        concerns.append(organizations_with_one_owner())
    weeks = removals_by_week() if may_see(Removal) else []
    return {
        "members": address_of_list(Membership) if may_see(Membership) else "",
        "members_help": admin.site.get_model_admin(Membership).search_help_text,
        "concerns": [each for each in concerns if each.number != "0"] if concerns else None,
        "sections": sections_of(request),
        "weeks": weeks,
        "removals": address_of_list(Removal, since=str(weeks[0].monday)) if weeks else "",
    }


def sections_of(request: HttpRequest) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each section's name and its lists, as Django describes those the reader may see."""
    lists = {
        each["model"]: each for app in admin.site.get_app_list(request) for each in app["models"]
    }
    for name, models in SECTIONS.items():
        if shown := [lists[model] for model in models if model in lists]:
            yield name, shown


def offboarding_tasks() -> list[Concern]:
    """Return the numbers of offboarding tasks that failed, that are overdue, and that are open."""
    tasks = OffboardingTask.objects
    numbers = (
        ("failed", "failed", _failed_tasks()),
        ("overdue", "are overdue", _bounded_count(tasks.overdue(timezone.now()))),
        ("open", "are open", _bounded_count(tasks.open())),
    )
    return [
        Concern(
            f"Offboarding tasks that {words}", number, address_of_list(OffboardingTask, state=state)
        )
        for state, words, number in numbers
    ]


def _failed_tasks() -> str:
    """Return the number of failed tasks, counted for each organization by the index of states."""
    organizations = Organization.objects.order_by("pk")
    failed = OffboardingTask.objects.filter(
        organization=OuterRef("pk"), state=OffboardingTask.State.FAILED
    )
    number = failed.order_by().values("organization").annotate(number=Count("pk")).values("number")
    looked_at = organizations.annotate(failed=Subquery(number))[:LOOKED_AT]
    return _bounded(looked_at.aggregate(number=Sum("failed"))["number"] or 0, organizations)


def resources_whose_owner_has_left() -> Concern:
    """Return the number of resources that stayed with members who were removed.

    It looks at the latest removals without a default target, and at types that stayed, also where
    the rest passed on: an index has these by organization, and none by date.
    """
    without_default = Removal.objects.filter(
        transferred_to=None, transferred_to_user=None, resource_count__gt=0
    ).order_by("-created_at")
    stayed = RemovedResources.objects.stayed().order_by("-organization_id", "-removal_id")
    removal_ids = without_default.values("pk")[:LOOKED_AT].union(
        stayed.values("removal_id")[:LOOKED_AT]
    )
    owners = Removal.objects.filter(pk__in=removal_ids).values("membership__user")
    return Concern(
        "Resources whose owner has left",
        _bounded_count(
            Resource.objects.whose_owner_has_left().filter(owner__in=owners),
            without_default,
            stayed,
        ),
        address_of_list(Resource, owner_has_left="yes"),
    )


def organizations_with_one_owner() -> Concern:
    """Return the number of organizations with a single owner."""
    found, among = Organization.objects.with_one_owner(), Organization.objects.order_by("pk")
    # Narrowed by key: with LIMIT in a subquery, PostgreSQL counts the owners of all others, too.
    if next_id := among.values_list("pk", flat=True)[LOOKED_AT:].first():
        found = found.filter(pk__lt=next_id)
    return Concern(
        "Organizations with one owner",
        _bounded_count(found, among),
        address_of_list(Organization, owners="one"),
    )


def disabled_webhook_endpoints() -> Concern:
    """Return the number of webhook endpoints that were disabled because deliveries failed."""
    return Concern(
        "Webhook endpoints disabled by failures",
        _bounded_count(WebhookEndpoint.objects.given_up()),
        address_of_list(WebhookEndpoint, health="given-up"),
    )


def failed_scheduled_removals(reader: User) -> Concern:
    """Return the number of members whose scheduled removal failed and who are still members.

    The reader's own removal is left out.
    """
    failed = ScheduledRemoval.objects.failed().exclude(membership__user=reader)
    return Concern(
        "Scheduled removals that failed",
        _bounded_count(failed),
        address_of_list(ScheduledRemoval, state="open"),
    )


def removals_by_week() -> list[Week]:
    """Return the removals of each of the last twelve weeks, which begin on Mondays."""
    today = timezone.localdate()
    this_week = today - timedelta(days=today.weekday())
    mondays = [this_week - WEEK * back for back in reversed(range(WEEKS))]
    numbers = [
        count_or_estimate(
            Removal.objects.filter(
                created_at__gte=midnight(monday), created_at__lt=midnight(monday + WEEK)
            ),
            COUNTED_UP_TO,
        )
        for monday in mondays
    ]
    most = max(1, *numbers)
    return [
        Week(monday, number, BAR_DISTANCE * position, round(BAR_HEIGHT * number / most))
        for position, (monday, number) in enumerate(zip(mondays, numbers, strict=True))
    ]


def _bounded_count(found: QuerySet[Any], *among: QuerySet[Any]) -> str:
    """Return the number of rows found as text, as `_bounded` does."""
    return _bounded(found.order_by()[: COUNTED_UP_TO + 1].count(), *among)


def _bounded(number: int, *among: QuerySet[Any]) -> str:
    """Return a number as text, which says so if there may be more.

    Only the first ``LOOKED_AT`` rows of each list in ``among`` were searched.
    """
    if number > COUNTED_UP_TO:
        return f"more than {COUNTED_UP_TO:,}"
    if not any(rows[LOOKED_AT:].exists() for rows in among):
        return f"{number:,}"
    return f"at least {number:,}" if number else f"none among the first {LOOKED_AT:,}"
