"""What an erasure finds of others' records: addresses of the person, and who may see them."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model

from organizations.models import Membership, Organization, Removal
from tests.directories import connect, manage
from tests.factories import EventFactory, MembershipFactory, OrganizationFactory, UserFactory
from tests.organizations.admin.staff import staff_with
from tests.removals import remove
from users.erasure.plan import ErasurePlan
from users.erasure.service import erase_account
from users.models import User

pytestmark = pytest.mark.django_db

ADDRESS, FORMER = "lea@m\u00fcller.example", "l.e_a+b@old.example"


@pytest.fixture
def user() -> User:
    """Somebody with a former address and a domain in letters of its own."""
    user = UserFactory.create(email=FORMER, full_name="Lea Leaver")
    user.email = ADDRESS
    user.save()
    return user


def mentions(user: User, viewer: User | None = None) -> list[str]:
    plan = ErasurePlan.of(user, viewer=viewer)
    assert not plan.reasons.shown
    return [text.text for text in plan.mentions.shown]


def removed_with(reason: str, organization: Organization | None = None) -> Removal:
    member = MembershipFactory.create(organization=organization or OrganizationFactory.create())
    remove(member, reason=reason)
    return Removal.objects.get(membership=member)


def logged(about: Model, message: str | list[object]) -> LogEntry:
    staff = UserFactory.create()
    entry = LogEntry.objects.log_actions(staff.pk, [about], CHANGE, message, single_object=True)
    assert isinstance(entry, LogEntry)
    return entry


@pytest.mark.parametrize(
    "reason",
    [
        "See LEA@M\u00dcLLER.example.",
        "lea@xn--mller-kva.example",
        "(Lea@XN--MLLER-KVA.example)",
        "\u201cl.e_a+b@old.example\u201d",
        "'L.E_A+B@OLD.EXAMPLE', see x@y.example",
        "<mailto:l.e_a+b@old.example?subject=Hi>",
        "<mailto:l.e_a%2bb@old.example>",
        "https://x.example/?from=lea@m%C3%BCller.example",
        "https://x.example/?from=lea%40m%C3%BCller.example&x=1",
        "https://x.example/#search/from%3Al.e_a%2Bb%40old.example",
        "lea@mu\u0308ller.example",
        "@l.e_a+b@old.example and x@l.e_a+b@old.example",
        f"{'x' * 400} l.e_a+b@old.example\n{'y' * 400}",
    ],
)
def test_an_address_is_found_in_any_spelling(user: User, reason: str) -> None:
    removed_with(reason)

    assert mentions(user) == [reason]


@pytest.mark.parametrize(
    "reason",
    [
        "Lea Leaver, LEA, lea@, @old.example",
        "not.lea@m\u00fcller.example and a.l.e_a+b@old.example",
        "lea@m\u00fcller.example.au or l.e_a+b@old.example-org",
        "lea@mueller.example",
        "a_b@old.example",
        "https://x.example/?from=x%2El.e_a%2Bb%40old.example",
    ],
)
def test_a_name_and_an_address_within_a_longer_one_are_not(user: User, reason: str) -> None:
    removed_with(reason)

    assert mentions(user) == []


@pytest.mark.parametrize("name", ["the", "Org B", "root@example.com", "a", "%", "\\w+"])
def test_nothing_is_searched_for_by_a_name(name: str) -> None:
    user = UserFactory.create(full_name=name)
    UserFactory.create(email="root@example.com")
    removed_with(f"the cat of Org B wrote to root@example.com, a {name}")
    logged(OrganizationFactory.create(name="Org B"), f"the {name}")

    assert mentions(user) == []


def test_an_address_that_another_has_now_is_not_searched_for(user: User) -> None:
    removed_with(f"see {FORMER}")
    UserFactory.create(email=FORMER)

    assert mentions(user) == []


def test_in_the_log_the_address_is_replaced_where_it_was_chosen(user: User) -> None:
    organization = OrganizationFactory.create(name=f"Friends of {user.email}")
    message: list[object] = [
        {"changed": {"name": "resource", "object": f"of {ADDRESS}", "fields": ["Owner"]}}
    ]
    chosen, other = logged(organization, message), logged(organization, message)
    assert len(mentions(user)) == 2

    erase_account(user.pk, actor=None, emptied=[f"log_{chosen.pk}"])

    as_it_was = (other.object_repr, other.change_message)
    chosen.refresh_from_db()
    other.refresh_from_db()
    assert chosen.object_repr == f"Friends of erased account {user.pk}"
    assert f"of erased account {user.pk}" in chosen.get_change_message()
    assert (other.object_repr, other.change_message) == as_it_was


@pytest.mark.parametrize(
    ("permission", "seen"),
    [
        ("view_removal", "removal"),
        ("view_event", "event"),
        ("view_organization", "Org: entry"),
        ("view_resource", None),
    ],
)
def test_others_records_are_shown_to_whoever_may_see_them(
    user: User, permission: str, seen: str | None
) -> None:
    removal = removed_with(f"removal of {FORMER}")
    event = EventFactory.create(reason=f"event of {FORMER}")
    entry = logged(OrganizationFactory.create(name="Org"), f"entry of {FORMER}")
    staff = staff_with("view_user", "erase_user", permission)
    shown = [f"{seen} of {FORMER}"] if seen else []

    plan = ErasurePlan.of(user, viewer=staff)

    assert [text.text for text in plan.mentions.shown] == shown
    assert plan.mentions.hidden_count == 3 - len(shown)
    every_id = [removal.pk, event.pk, f"log_{entry.pk}"]
    receipt = erase_account(user.pk, actor=staff, emptied=every_id)
    for row in (removal, event, entry):
        row.refresh_from_db()
    texts = (removal.reason, event.reason, entry.change_message)
    assert sum(FORMER in text for text in texts) == 3 - len(shown)
    [hidden] = [item for item in receipt.stays if "may not see" in item.why]
    assert hidden.count == 3 - len(shown)
    assert not hidden.record_ids


def test_reasons_about_them_are_shown_to_whoever_may_see_them() -> None:
    removal = removed_with("moved to Lisbon")
    account = removal.membership.user
    staff = staff_with("view_user", "erase_user")
    reader = staff_with("view_user", "erase_user", "view_removal")

    plans = [ErasurePlan.of(account, viewer=viewer) for viewer in (staff, reader)]

    assert [len(plan.reasons.shown) for plan in plans] == [0, 1]
    assert [plan.reasons.hidden_count for plan in plans] == [1, 0]
    erase_account(account.pk, actor=staff, emptied=[removal.pk])
    removal.refresh_from_db()
    assert removal.reason == "moved to Lisbon"


def test_a_directory_that_managed_them_is_named_to_whoever_may_view_it(owner: Membership) -> None:
    directory, _ = connect(owner.organization, name="Okta")
    member = MembershipFactory.create(organization=owner.organization)
    remove(member, connection=directory)
    staff = staff_with("view_user", "erase_user")

    notices = [ErasurePlan.of(member.user, viewer=each).directory_notice for each in (staff, None)]

    assert notices == [
        f"Managed by {name}, now or before: while it has them it makes a new account of them, so"
        " take them out there first."
        for name in ("a directory", f"Okta of {owner.organization}")
    ]


def test_a_directory_that_knows_them_still_is_named(owner: Membership) -> None:
    connect(owner.organization, name="Okta")
    member = MembershipFactory.create(organization=owner.organization)
    remove(member)
    manage(member)

    assert ErasurePlan.of(member.user, viewer=None).directory_notice.startswith("Managed by Okta")


def test_who_was_in_no_directory_has_no_notice(owner: Membership, user: User) -> None:
    connect(owner.organization)

    assert ErasurePlan.of(user, viewer=None).directory_notice == ""
