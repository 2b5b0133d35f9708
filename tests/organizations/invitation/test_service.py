"""Whom an invitation adds, and what it refuses."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from organizations.exceptions import (
    DomainNotAllowedError,
    MembershipAlreadyExistsError,
    TooManyInvitationsError,
)
from organizations.models import Event, Invitation, Membership
from tests.factories import DepartmentFactory, MembershipFactory, OrganizationFactory, UserFactory
from tests.organizations.invitation.verbs import NORA, invited, jobs
from tests.removals import remove
from users.models import User

pytestmark = pytest.mark.django_db


def test_a_new_address_gets_an_account_and_is_a_member_at_once(owner: Membership) -> None:
    role = owner.organization.roles.get(name="Member")
    department = DepartmentFactory.create(organization=owner.organization)

    member = invited(
        owner,
        "Nora@ACME.example",
        full_name="Nora New",
        role_ids=[role.pk],
        department_ids=[department.pk],
    )

    nora = User.objects.get(email=NORA)
    assert (member.user_id, nora.full_name) == (nora.pk, "Nora New")
    assert not nora.has_usable_password()
    assert member.role_assignments.get().role == role
    assert member.department_memberships.get().department == department
    event = Event.objects.get(user=nora)
    assert (event.type, event.actor, event.source) == ("member.added", owner.user, "api")


def test_an_account_that_is_there_is_found_by_its_address_and_stays_as_it_is(
    owner: Membership,
) -> None:
    nora = UserFactory.create(email=NORA, full_name="Nora")

    assert invited(owner, full_name="Somebody").user_id == nora.pk

    nora.refresh_from_db()
    assert nora.full_name == "Nora"


def test_somebody_removed_before_is_added_anew_and_nothing_comes_back(owner: Membership) -> None:
    former = MembershipFactory.create(
        organization=owner.organization, user__email=NORA, roles=["Member"]
    )
    remove(former)

    member = invited(owner)

    assert member.pk != former.pk
    assert not member.role_assignments.exists()


def test_a_member_is_not_invited_again_whatever_their_domain(owner: Membership) -> None:
    there = MembershipFactory.create(
        organization=owner.organization, user__email="x@elsewhere.example"
    )

    with pytest.raises(MembershipAlreadyExistsError):
        invited(owner, there.user.email)


@pytest.mark.parametrize("has_account", [True, False])
def test_an_address_of_another_domain_is_refused(owner: Membership, has_account: bool) -> None:
    address = "nora@eu.acme.example"
    if has_account:
        UserFactory.create(email=address)

    with pytest.raises(DomainNotAllowedError):
        invited(owner, address)

    assert User.objects.filter(email=address).exists() == has_account


def test_the_job_holds_the_memberships_id_and_the_message_and_nothing_else(
    owner: Membership,
) -> None:
    member = invited(owner, custom_message="Welcome!")

    assert jobs() == [{"membership_id": member.pk, "message": "Welcome!"}]


@pytest.mark.parametrize("reason", ["not asked for", "disabled account", "no mail server"])
def test_who_is_not_to_be_mailed_is_added_all_the_same(
    owner: Membership, settings: Settings, reason: str
) -> None:
    settings.SENDS_MAIL = reason != "no mail server"
    nora = UserFactory.create(email=NORA, is_active=reason != "disabled account")

    member = invited(owner, send_invitation=reason != "not asked for")

    assert (member.user_id, member.invited_at) == (nora.pk, None)
    assert jobs() == []


def test_fifty_mails_an_hour_are_sent_for_an_organization(owner: Membership) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    for number in range(50):
        invited(owner, f"n{number}@acme.example")
    Invitation.objects.update(created_at=hour_ago + timedelta(minutes=10))

    with pytest.raises(TooManyInvitationsError) as refused:
        invited(owner)

    assert 500 < refused.value.wait <= 601
    assert not User.objects.filter(email=NORA).exists()
    assert invited(owner, send_invitation=False)
    other = MembershipFactory.create(organization=OrganizationFactory.create(), roles=["Owner"])
    other.organization.domains.create(name="other.example")
    assert invited(other, "a@other.example")
    Invitation.objects.update(created_at=hour_ago)
    assert invited(owner, "later@acme.example")
