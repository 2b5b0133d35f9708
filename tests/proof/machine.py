"""What the state machines are made on: a world, its model, and how the two are compared."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.db import Error, connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    run_state_machine_as_test,
)
from rest_framework.test import APIClient

from config.errors import ContractError
from organizations.models import (
    Event,
    Membership,
    Organization,
    RemovedResources,
    Restoration,
)
from organizations.models.event import EventQuerySet
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OrganizationFactory,
    RoleFactory,
    UserFactory,
)
from tests.production import token_of
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from tests.proof.place import FOR_ALL, FOR_DOCUMENTS, Place
from users.models import User


@contextmanager
def refused(by: type[Error] = Error) -> Iterator[None]:
    """Expect the database to refuse, now or at the commit, and undo the attempt."""
    with pytest.raises(by), transaction.atomic():  # noqa: PT012 (the commit may refuse as well)
        yield
        check_deferred()


def code_of(refusal: ContractError | None) -> str | None:
    return refusal.code if refusal else None


def check_deferred() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def resources_of(
    organization: Organization,
) -> dict[str, tuple[str | None, str, str | None, str | None]]:
    """Return owner, type, key and whose removal moved it last, of each resource by id."""
    resources = organization.resources.select_related("entry", "removal__membership")
    return {
        resource.pk: (
            resource.owner_id or resource.department_id,
            resource.type,
            resource.entry.external_id,
            resource.removal.membership.user_id if resource.removal else None,
        )
        for resource in resources
    }


def removed_resources_of(organization: Organization) -> Counter[tuple[str, str, str | None]]:
    """Return how many resources the records say each had, by user, type and target."""
    recorded = Counter[tuple[str, str, str | None]]()
    for row in RemovedResources.objects.filter(organization=organization).select_related(
        "removal__membership"
    ):
        recorded[row.removal.membership.user_id, row.type, row.target] += row.count
    return recorded


def deleted_in(events: EventQuerySet) -> Counter[str]:
    """Return how many resources these events say were deleted, by type."""
    deleted = Counter[str]()
    for event in events.filter(type=Event.Type.RESOURCES_DELETED):
        for each in event.data["resources"]:
            deleted[each["type"]] += each["count"]
    return deleted


class Machine(RuleBasedStateMachine):
    """Two organizations, six people, and what must be true of them after every step."""

    places: Bundle[Place] = Bundle("places")
    people: Bundle[User] = Bundle("people")
    tally: Tally

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        cache.clear()
        self.world: list[Place] = []
        self.disabled: set[str] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize(target=people)
    def six_people(self) -> Any:
        return multiple(*UserFactory.create_batch(6))

    @initialize(target=places)
    def two_organizations(self) -> Any:
        for _ in range(2):
            organization = OrganizationFactory.create()
            RoleFactory.create(
                organization=organization, name="Remover", capabilities=["remove_users"]
            )
            departments = DepartmentFactory.create_batch(2, organization=organization)
            place = Place(organization, departments)
            for key, type_ in ((FOR_ALL, None), (FOR_DOCUMENTS, "document")):
                OffboardingStepFactory.create(
                    organization=organization, key=key, applies_to_type=type_
                )
            founder = UserFactory.create()
            self.world.append(place)
            MembershipFactory.create(organization=organization, user=founder, roles=["Owner"])
            place.begin(founder.pk, ["Owner"])
        return multiple(*self.world)

    def client_of(self, user: User) -> APIClient:
        """A client with a new token, which reaches what the user is a member of now.

        A disabled account gets none, so its own is issued as if it were disabled afterwards.
        """
        disabled = User.objects.filter(pk__in=self.disabled & {user.pk})
        disabled.update(is_active=True)
        token = token_of(user)
        disabled.update(is_active=False)
        return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")

    # What must be true of accounts and owners

    def owners(self, place: Place) -> set[str]:
        return {
            user
            for user, (roles, _) in place.members.items()
            if "Owner" in roles and user not in self.disabled | place.deactivated
        }

    def keeps_an_owner(self, place: Place, user: str) -> bool:
        """Whether the organization could do without this member."""
        return "Owner" not in place.members[user][0] or bool(self.owners(place) - {user})

    def membership_of(self, place: Place, user: User) -> Membership | None:
        """The tenure of today, or the last."""
        tenures = Membership.objects.of(place.organization.pk, [user.pk])
        return tenures.order_by("-is_current", "-pk").first()

    # After every step

    @invariant()
    def every_invariant_holds(self) -> None:
        check_deferred()
        assert broken_invariants() == []
        self.tally("steps of the state machine, each followed by every invariant in SQL")

    @invariant()
    def the_database_is_as_the_model_says(self) -> None:
        for place in self.world:
            organization = place.organization
            members = {
                member.user_id: (
                    {assignment.role.name for assignment in member.role_assignments.all()},
                    {joined.department_id for joined in member.department_memberships.all()},
                )
                for member in organization.memberships.current().prefetch_related(
                    "role_assignments__role", "department_memberships"
                )
            }
            assert members == place.members
            assert resources_of(organization) == {
                resource: (
                    holder,
                    place.type_of(resource),
                    next(
                        (key for (_, key), known in place.keys.items() if known == resource), None
                    ),
                    place.marks[resource].user if resource in place.marks else None,
                )
                for resource, holder in place.resources.items()
            }
            assert removed_resources_of(organization) == place.removed
            deactivated = organization.memberships.current().exclude(deactivated_at=None)
            assert set(deactivated.values_list("user", flat=True)) == place.deactivated
            events = Event.objects.filter(organization=organization)
            assert Counter(events.values_list("type", "user")) == +place.events
            assert deleted_in(events) == place.deleted
            assert organization.removals.count() == place.removals
            restorations = Restoration.objects.filter(removal__organization=organization)
            assert restorations.count() == place.restorations
            tasks = organization.offboarding_tasks.values_list(
                "removal__membership__user", "key", "state"
            )
            assert Counter(tasks) == Counter(
                (user, key, state) for (user, _, key), state in place.tasks.items()
            )


def prove(tally: Tally, machine: type[Machine], *, examples: int, steps: int) -> None:
    machine.tally = tally
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
