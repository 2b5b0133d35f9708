"""What an erasure leaves, and whom it refuses."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from organizations.models import Membership, Removal
from tests.directories import connect, manage
from tests.factories import EventFactory, MembershipFactory, OffboardingTaskFactory, UserFactory
from tests.organizations.admin.staff import staff_with
from tests.organizations.handover.verbs import change
from tests.organizations.restoration.verbs import restore
from tests.refusals import refused
from tests.removals import remove
from tests.schedules import schedule
from users.erasure.plan import ErasurePlan
from users.erasure.service import ErasureRefusedError, erase_account
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
    return erase_account(UserFactory.create().pk, actor=None).account


def test_only_the_id_remains(leaver: Membership) -> None:
    user = leaver.user
    AccessToken.objects.issue(user, name="", lifetime=timedelta(days=1))
    user.groups.add(Group.objects.create(name="Removers"))
    User.objects.filter(pk=user.pk).update(time_zone="Asia/Tokyo")

    erase_account(user.pk, actor=None)

    user = User.objects.get(pk=user.pk)
    assert str(user) == f"erased account {user.pk}"
    assert str(Removal.objects.get().membership.user) == f"erased account {user.pk}"
    assert (user.full_name, user.name_words, user.time_zone) == ("", [""], "")
    assert user.email == f"{user.pk.lower()}@erased.invalid"
    assert not user.has_usable_password()
    assert (user.is_active, user.is_staff, user.is_superuser) == (False, False, False)
    assert not user.access_tokens.exists()
    assert not user.groups.exists()
    assert not User.objects.matching("lea").exists()


def test_their_sessions_end_and_no_others() -> None:
    user, other = UserFactory.create_batch(2, is_staff=True)
    browsers = {person: Client() for person in (user, other)}
    for person, browser in browsers.items():
        browser.force_login(person)

    erase_account(user.pk, actor=None)

    statuses = [browsers[person].get("/admin/").status_code for person in (user, other)]
    assert statuses == [302, 200]


def test_what_a_directory_called_them_goes(leaver: Membership) -> None:
    connect(leaver.organization)
    manage(leaver, given_name="Lea")
    other = manage(MembershipFactory.create(organization=leaver.organization))

    erase_account(leaver.user_id, actor=None)

    assert list(type(other).objects.all()) == [other]


def test_of_the_reasons_about_them_those_go_that_were_chosen(leaver: Membership) -> None:
    again = MembershipFactory.create(organization=leaver.organization, user=leaver.user)
    remove(again, reason="Lea left again")
    stranger = MembershipFactory.create(organization=leaver.organization)
    remove(stranger, reason="not about Lea")
    first, second = ErasurePlan.of(leaver.user, viewer=None).reasons.shown
    assert (first.text, second.text) == ("Lea moved away", "Lea left again")

    not_theirs = Removal.objects.get(membership=stranger).pk
    erase_account(leaver.user_id, actor=None, emptied=[first.record_id, not_theirs])

    reasons = Removal.objects.order_by("pk").values_list("reason", flat=True)
    assert list(reasons) == ["", "Lea left again", "not about Lea"]


def test_the_reasons_of_events_and_of_scheduled_removals_can_go_too(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    event = EventFactory.create(
        organization=owner.organization, user=member.user, reason="Lea was often late"
    )
    [outcome] = schedule(member, reason="Lea was often late")
    assert outcome.schedule
    remove(member)

    erase_account(member.user_id, actor=None, emptied=[event.pk, outcome.schedule.pk])

    for record in (event, outcome.schedule):
        record.refresh_from_db()
        assert record.reason == ""


def test_the_notes_of_tasks_of_their_removals_can_go_too(leaver: Membership) -> None:
    task = OffboardingTaskFactory.create(removal=Removal.objects.get(membership=leaver))
    others = OffboardingTaskFactory.create(organization=leaver.organization)
    for each in (task, others):
        change(each, note=f"Lea has it: {leaver.user.email}")
    restore(leaver)
    remove(Membership.objects.current().get(user=leaver.user))
    plan = ErasurePlan.of(leaver.user, viewer=None)
    assert (task.pk in plan.reasons.record_ids, plan.mentions.record_ids) == (True, [others.pk])

    erase_account(leaver.user_id, actor=None, emptied=[task.pk, others.pk])

    for each in (task, others):
        each.refresh_from_db()
        assert (each.state, each.note) == ("done", "")


def test_the_log_speaks_of_the_person_by_id_and_of_others_as_before(leaver: Membership) -> None:
    staff = UserFactory.create(is_staff=True)
    namesake = UserFactory.create(full_name="Lea Leaver")
    message = f"Lea Leaver wrote to {leaver.user.email}"
    for row in (leaver.user, leaver, namesake, leaver.organization):
        LogEntry.objects.log_actions(staff.pk, [row], CHANGE, message, single_object=True)

    user = erase_account(leaver.user_id, actor=staff_superuser()).account

    entries = LogEntry.objects.order_by("pk").values_list("object_repr", "change_message")
    assert list(entries) == [
        (str(user), ""),
        (f"{user} in {leaver.organization}", ""),
        (str(namesake), message),
        (str(leaver.organization), message),
    ]


def staff_superuser() -> User:
    return UserFactory.create(is_staff=True, is_superuser=True)


def test_what_the_person_did_stays_on_record(owner: Membership) -> None:
    user = UserFactory.create()
    LogEntry.objects.log_actions(user.pk, [owner.organization], CHANGE, "Something.")
    member = MembershipFactory.create(organization=owner.organization)
    remove(member, actor=user, reason="asked for by the team")
    [removal] = Removal.objects.all()

    assert not ErasurePlan.of(user, viewer=None).reasons.shown
    erase_account(user.pk, actor=None, emptied=[removal.pk])

    removal.refresh_from_db()
    assert (removal.actor, removal.reason) == (user, "asked for by the team")
    assert LogEntry.objects.get().user == user


def test_an_account_is_erased_once() -> None:
    with pytest.raises(ErasureRefusedError, match="erased already"):
        erase_account(erased().pk, actor=None)


def test_a_superuser_is_erased_by_a_superuser_alone() -> None:
    superuser = staff_superuser()

    for actor in (None, staff_with("view_user", "erase_user")):
        with pytest.raises(ErasureRefusedError, match="only a superuser erases it"):
            erase_account(superuser.pk, actor=actor)
    assert erase_account(superuser.pk, actor=staff_superuser()).account.erased_at


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
        "email": "usr_lea@erased.invalid",
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
        UserFactory.create(
            pk="usr_lea", **empty | {left: something[left]}, erased_at=timezone.now()
        )
