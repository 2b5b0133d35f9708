"""Staff who act on one another's accounts at the same moment, as a form of the admin does: once."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import pytest
from django.db import transaction

from organizations.assignment.service import add_member
from organizations.guards.caller import Staff
from organizations.models import Organization
from organizations.restoration.service import restore_members
from organizations.transfer.service import transfer_resources
from tests.concurrency import in_background, until_somebody_waits_for_a_lock
from tests.factories import DepartmentFactory, MembershipFactory, OrganizationFactory, UserFactory
from tests.removals import remove
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

Act = Callable[[Organization, User, User], object]


@transaction.atomic
def add(organization: Organization, staff: User, person: User) -> object:
    return add_member(organization.pk, person.pk, caller=Staff(actor=staff))


@transaction.atomic
def restore(organization: Organization, staff: User, person: User) -> object:
    [outcome] = restore_members(organization.pk, [person.pk], caller=Staff(actor=staff))
    return outcome.restoration


@transaction.atomic
def transfer(organization: Organization, staff: User, person: User) -> object:
    [outcome] = transfer_resources(
        organization.pk,
        [person.pk],
        transfer_to=organization.departments.get().pk,
        caller=Staff(actor=staff),
    )
    return outcome.refusal is None


@pytest.mark.parametrize("act", [add, restore, transfer], ids=lambda act: act.__name__)
@pytest.mark.parametrize("is_about_self", [False, True])
def test_they_do_not_wait_for_one_another_in_a_circle(act: Act, is_about_self: bool) -> None:
    organization = OrganizationFactory.create()
    DepartmentFactory.create(organization=organization)
    one, other = UserFactory.create_batch(2, is_staff=True, is_superuser=True)
    if act is not add:
        for user in (one, other):
            remove(MembershipFactory.create(organization=organization, user=user))
    elsewhere = OrganizationFactory.create()
    first = partial(act, organization, one, one if is_about_self else other)
    second = (
        partial(add, elsewhere, one, one)
        if is_about_self
        else partial(act, organization, other, one)
    )

    with ExitStack() as both:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=one.pk)
            one_done = both.enter_context(in_background(first))
            until_somebody_waits_for_a_lock(1)
            other_done = both.enter_context(in_background(second))
            until_somebody_waits_for_a_lock(2)
        assert one_done.result()
        assert other_done.result()
