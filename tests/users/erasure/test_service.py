"""What an erasure leaves, and whom it refuses."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from organizations.models import Event, Membership, Removal
from tests.factories import MembershipFactory, UserFactory
from tests.refusals import refused
from tests.removals import remove
from tests.schedules import schedule
from users.erasure.exceptions import ErasureRefusedError
from users.erasure.reasons import reasons_about
from users.erasure.service import erase_account
from users.models import AccessToken, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def leaver(owner: Membership) -> Membership:
    """Somebody who was removed, with a reason on record."""
    member = MembershipFactory.create(
        organization=owner.organization, user__full_name="Lea Leaver", roles=["Member"]
    )
    remove(member, reason="Lea moved away")
    member.refresh_from_db()
    return member


def erased() -> User:
    return erase_account(UserFactory.create().pk, actor=None)


def test_only_the_id_remains(leaver: Membership) -> None:
    user = leaver.user
    AccessToken.objects.issue(user, name="", lifetime=timedelta(days=1))
    user.groups.add(Group.objects.create(name="Removers"))

    erase_account(user.pk, actor=None)

    user = User.objects.get(pk=user.pk)
    assert str(user) == f"erased account {user.pk}"
    assert str(Removal.objects.get().membership.user) == f"erased account {user.pk}"
    assert (user.full_name, user.name_words) == ("", [""])
    assert user.email.endswith("@erased.invalid")
    assert not user.has_usable_password()
    assert (user.is_active, user.is_staff, user.is_superuser) == (False, False, False)
    assert not user.access_tokens.exists()
    assert not user.groups.exists()
    assert not User.objects.matching("lea").exists()


def test_an_address_is_free_again() -> None:
    user = UserFactory.create(email="lea@example.com")
    erase_account(user.pk, actor=None)

    assert UserFactory.create(email="lea@example.com").pk != user.pk


def test_their_sessions_end_and_no_others() -> None:
    user, other = UserFactory.create_batch(2)
    for person in (user, user, other):
        Client().force_login(person)

    erase_account(user.pk, actor=None)

    [session] = Session.objects.all()
    assert session.get_decoded()["_auth_user_id"] == other.pk


def test_of_the_reasons_those_go_that_were_chosen(leaver: Membership) -> None:
    again = MembershipFactory.create(organization=leaver.organization, user=leaver.user)
    remove(again, reason="Lea left again")
    stranger = MembershipFactory.create(organization=leaver.organization)
    remove(stranger, reason="not about Lea")
    first, second = reasons_about(leaver.user)
    assert (first.text, second.text) == ("Lea moved away", "Lea left again")

    not_theirs = Removal.objects.get(membership=stranger).pk
    erase_account(leaver.user_id, actor=None, emptied=[first.record_id, not_theirs])

    reasons = Removal.objects.order_by("pk").values_list("reason", flat=True)
    assert list(reasons) == ["", "Lea left again", "not about Lea"]


@pytest.mark.parametrize(
    "reason", ["After LEA LEAVER, who left", "See lea@example.com.", "Le (Earlier) of old"]
)
def test_what_names_them_on_the_record_of_another_can_go_too(
    owner: Membership, reason: str
) -> None:
    user = UserFactory.create(full_name="Le (Earlier)", email="lea@example.com")
    LogEntry.objects.log_actions(owner.user_id, [user], CHANGE, "")
    user.full_name = "Lea Leaver"
    user.save()
    other = MembershipFactory.create(organization=owner.organization)
    remove(other, reason=reason)
    namesake = MembershipFactory.create(organization=owner.organization)
    remove(namesake, reason="Lea Leavers and not.lea@example.com")

    [found] = reasons_about(user)
    erase_account(user.pk, actor=None, emptied=[found.record_id])

    assert found.text == reason
    assert Removal.objects.get(membership=other).reason == ""


def test_the_reason_of_an_event_can_go_too(leaver: Membership) -> None:
    event = Event.objects.create(
        type=Event.Type.MEMBER_REMOVED,
        organization=leaver.organization,
        user=leaver.user,
        source="command",
        reason="Lea was often late",
    )

    erase_account(leaver.user_id, actor=None, emptied=[event.pk])

    event.refresh_from_db()
    assert event.reason == ""


def test_the_reason_of_a_scheduled_removal_can_go_too(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    [outcome] = schedule(member, reason="Lea was often late")
    assert outcome.schedule
    remove(member)

    erase_account(member.user_id, actor=None, emptied=[outcome.schedule.pk])

    outcome.schedule.refresh_from_db()
    assert outcome.schedule.reason == ""


def test_the_log_speaks_of_the_person_by_id_and_of_a_namesake_by_name(leaver: Membership) -> None:
    staff = UserFactory.create(is_staff=True)
    namesake = UserFactory.create(full_name="Lea Leaver")
    about = [leaver.user, leaver, namesake, leaver.organization]
    others = f"{namesake.email}, not.{leaver.user.email} or {leaver.user.email}.au"
    message = f"Lea Leaver and Leanne wrote to {leaver.user.email}, not {others}"
    for row in about:
        LogEntry.objects.log_actions(staff.pk, [row], CHANGE, message, single_object=True)

    user = erase_account(leaver.user_id, actor=staff_superuser())

    entries = LogEntry.objects.order_by("pk").values_list("object_repr", "change_message")
    assert list(entries) == [
        (str(user), ""),
        (f"{user} in {leaver.organization}", ""),
        (str(namesake), f"Lea Leaver and Leanne wrote to {user}, not {others}"),
        (str(leaver.organization), f"{user} and Leanne wrote to {user}, not {others}"),
    ]


def staff_superuser() -> User:
    return UserFactory.create(is_staff=True, is_superuser=True)


def test_what_the_person_did_stays_on_record(owner: Membership) -> None:
    user = UserFactory.create()
    LogEntry.objects.log_actions(user.pk, [owner.organization], CHANGE, "Something.")
    member = MembershipFactory.create(organization=owner.organization)
    remove(member, actor=user)

    erase_account(user.pk, actor=None)

    assert Removal.objects.get().actor == user
    assert LogEntry.objects.get().change_message == "Something."


def test_a_member_is_not_erased(owner: Membership) -> None:
    with pytest.raises(ErasureRefusedError, match=f"Still a member of {owner.organization}"):
        erase_account(owner.user_id, actor=None)


def test_an_account_is_erased_once() -> None:
    with pytest.raises(ErasureRefusedError, match="erased already"):
        erase_account(erased().pk, actor=None)


def test_a_superuser_is_erased_by_a_superuser_alone() -> None:
    superuser = staff_superuser()

    for actor in (None, UserFactory.create(is_staff=True)):
        with pytest.raises(ErasureRefusedError, match="only a superuser erases it"):
            erase_account(superuser.pk, actor=actor)
    assert erase_account(superuser.pk, actor=staff_superuser()).erased_at


def test_nobody_erases_their_own_account() -> None:
    superuser = staff_superuser()

    with pytest.raises(ErasureRefusedError, match="their own account"):
        erase_account(superuser.pk, actor=superuser)


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": True},
        {"erased_at": None, "is_active": True},
        {"email": "lea@example.com"},
        {"password": "hash"},
    ],
    ids=str,
)
def test_an_erased_account_stays_as_it_is(change: dict[str, object]) -> None:
    user = erased()

    with refused("Cannot update rows from users_user"):
        User.objects.filter(pk=user.pk).update(**change)


@pytest.mark.parametrize("left", ["full_name", "is_staff", "password", "email", "is_active"])
def test_an_account_is_not_called_erased_while_it_holds_something(left: str) -> None:
    empty = {
        "full_name": "",
        "is_staff": False,
        "password": UNUSABLE_PASSWORD_PREFIX,
        "email": "a@erased.invalid",
        "is_active": False,
    }
    something = {
        "full_name": "Lea",
        "is_staff": True,
        "password": "hash",
        "email": "lea@example.com",
        "is_active": True,
    }

    with refused("erased_account_is_empty"):
        UserFactory.create(**empty | {left: something[left]}, erased_at=timezone.now())
