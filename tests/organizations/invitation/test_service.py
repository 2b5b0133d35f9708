"""Whom an invitation adds, and what it refuses."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from organizations.exceptions import (
    DomainNotAllowedError,
    MembershipAlreadyExistsError,
    RoleNotFoundError,
    TooManyInvitationsError,
)
from organizations.invitation.service import MOST
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


def test_where_a_role_is_not_there_no_account_is_made(owner: Membership) -> None:
    with pytest.raises(RoleNotFoundError):
        invited(owner, role_ids=["role_none"])

    assert not User.objects.filter(email=NORA).exists()
    assert jobs() == []


def test_the_job_holds_the_memberships_id_and_the_message_and_nothing_else(
    owner: Membership,
) -> None:
    member = invited(owner, custom_message="Welcome!")

    assert jobs() == [{"membership_id": member.pk, "message": "Welcome!"}]


def test_no_mail_is_sent_if_nobody_asks_for_one(owner: Membership) -> None:
    invited(owner, send_invitation=False)

    assert jobs() == []


def test_a_disabled_account_is_added_and_not_told(owner: Membership) -> None:
    nora = UserFactory.create(email=NORA, is_active=False)

    assert invited(owner).user_id == nora.pk
    assert jobs() == []


def test_without_a_mail_server_somebody_is_added_and_not_told(
    owner: Membership, settings: Settings
) -> None:
    settings.SENDS_MAIL = False

    assert invited(owner).invited_at is None
    assert jobs() == []


def test_fifty_mails_an_hour_are_sent_for_an_organization(owner: Membership) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    for number in range(MOST):
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
