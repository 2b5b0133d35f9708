"""After an erasure nothing in the database names the person, and nothing else has changed."""

import re
from io import StringIO
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.db.models import Q
from django.test import Client

from organizations.models import Membership, Organization, Removal, TokenBinding
from tests.conftest import ClientOf
from tests.factories import (
    DepartmentFactory,
    EventFactory,
    MembershipFactory,
    OrganizationFactory,
    UserFactory,
)
from tests.organizations.api.address import address_of
from tests.removals import remove
from tests.resources import make
from tests.schedules import schedule
from tests.users.test_login import PASSWORD, log_in
from users.erasure.plan import ErasurePlan
from users.erasure.service import erase_account
from users.models import AccessToken, FormerAddress, User

NAME, ADDRESS = "Zebed\u00e9e O\u2019Quux", "zebedee@quux.example"
EARLIER_NAME, EARLIER_ADDRESS = "Zeb Former", "zeb@former.example"
ADMIN = "/admin"
WITH_PASSWORD, WITHOUT_PASSWORD = {"usable_password": "true"}, {"usable_password": "false"}


def dump() -> str:
    """Every row of every table as text, and what is in the sessions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE relkind = 'r' AND nspname = 'public'"
        )
        rows = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')  # noqa: S608 (its own tables)
            rows += [f"{table}: {row}" for (row,) in cursor.fetchall()]
    rows += [str(session.get_decoded()) for session in Session.objects.all()]
    return "\n".join(rows).casefold()


def traces() -> list[str]:
    """The rows that name the person, by any of their names and addresses."""
    needles = ("zebed", "quux", "zeb former", "zeb@", "former.example")
    return [row for row in dump().splitlines() if any(needle in row for needle in needles)]


def post(browser: Client, path: str, **form: Any) -> None:
    """Send a form of the admin that is accepted."""
    response = browser.post(f"{ADMIN}/{path}", form)
    assert response.status_code == 302, response.content.decode()


@pytest.fixture
def user(admin_client: Client, client_of: ClientOf) -> User:
    """Somebody whom the application wrote about wherever it can, and who has left."""
    earlier = {"email": EARLIER_ADDRESS, "full_name": EARLIER_NAME}
    post(admin_client, "users/user/add/", **earlier, **WITHOUT_PASSWORD)
    user: User = User.objects.get(email=EARLIER_ADDRESS)
    log_in(Client(), EARLIER_ADDRESS, "wrong")
    organization = OrganizationFactory.create(name="Acme")
    department = DepartmentFactory.create(organization=organization)
    add_membership(admin_client, organization, user)
    path = f"users/user/{user.pk}"
    present = {"email": ADDRESS, "full_name": NAME, "is_active": "on", "is_staff": "on"}
    post(admin_client, f"{path}/change/", **present)
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    post(admin_client, f"{path}/password/", **WITH_PASSWORD, **passwords)
    search_and_log_in()
    call_command("create_token", ADDRESS, name=f"of {NAME}")
    token = AccessToken.objects.get()
    post(admin_client, "users/accesstoken/", action="revoke", _selected_action=token.pk)
    client_of(user).get(f"{address_of(user.memberships.get())}/removal-preview")
    make(organization, user)
    named = {"name": f"Friends of {ADDRESS}", "owner": "friend@example.com"}
    post(admin_client, "organizations/organization/add/", **named)
    friends = Organization.objects.get(name__startswith="Friends")
    friends.name = "Friends"
    friends.save()
    for membership in user.memberships.all():
        page = admin_client.get(
            f"{ADMIN}/organizations/membership/{membership.pk}/removal/", follow=True
        )
        form = {"reason": f"{NAME} ({ADDRESS}) asked for it"}
        form[f"department_{organization.pk}"] = department.pk
        admin_client.post(page.redirect_chain[-1][0], form)
    return user


def add_membership(browser: Client, organization: Organization, user: User) -> None:
    """Add a member by the admin, and give them a role."""
    post(browser, "organizations/membership/add/", organization=organization.pk, user=user.pk)
    membership = Membership.objects.get(user=user)
    membership.role_assignments.create(
        organization=organization, role=organization.roles.get(name="Member")
    )


def search_and_log_in() -> None:
    """Fail to log in, also on the way to a search; then log in."""
    browser = Client()
    for tried in (ADDRESS, f" {ADDRESS.upper()} "):
        log_in(Client(), tried, "wrong", address="192.0.2.7")
    away = browser.get(f"{ADMIN}/users/user/", {"q": NAME})
    browser.post(away["Location"], {"username": "x@example.com", "password": "wrong"})
    assert log_in(browser, ADDRESS, PASSWORD) == 302


def erase(browser: Client, user: User) -> None:
    """Erase by the admin, with everything emptied that it offers."""
    form = {"action": "erase", "_selected_action": user.pk}
    page = browser.post(f"{ADMIN}/users/user/", form).content.decode()
    offered = re.findall(r'name="emptied" value="([^"]+)"', page)
    browser.post(f"{ADMIN}/users/user/", form | {"post": "yes", "emptied": offered})
    user.refresh_from_db()
    assert user.erased_at


def test_nothing_names_the_person_afterwards(user: User, admin_client: Client) -> None:
    assert Removal.objects.filter(reason__contains=NAME).exists()
    tables = {row.split(":")[0] for row in traces()}
    assert tables >= {
        "users_user",
        "users_formeraddress",
        "users_accesstoken",
        "organizations_removal",
        "axes_accessattempt",
        "django_admin_log",
    }

    erase(admin_client, user)

    assert traces() == []


@pytest.fixture
def others(user: User, admin_client: Client) -> list[User]:
    """Two organizations whose members and records have to do with the person, and are not theirs.

    A namesake, who leaves; somebody whose name is an organization's; and the present holder of a
    former address, who is locked out, and about whom the log and a reason speak by it.
    """
    taken, another = "zeb@taken.example", "zeb@another.example"
    for address in (taken, another, ADDRESS):
        User.objects.filter(pk=user.pk).update(email=address)
    people = [
        UserFactory.create(full_name=NAME, email="namesake@example.com"),
        UserFactory.create(full_name=EARLIER_NAME, email=taken),
        UserFactory.create(full_name="Acme", email=another.upper()),
    ]
    for address in (taken, another):
        for _ in range(5):
            log_in(Client(), address, "wrong", address="192.0.2.9")
    for organization in (
        Organization.objects.get(name="Acme"),
        OrganizationFactory.create(name=NAME),
    ):
        staff = UserFactory.create(is_staff=True)
        for person in people:
            member = MembershipFactory.create(organization=organization, user=person)
            reason = f"{NAME}, {EARLIER_NAME} and {person.email}, not.{ADDRESS}, {ADDRESS}.au"
            schedule(member, reason=reason)
            remove(member, actor=staff, reason=reason)
            EventFactory.create(organization=organization, user=person, reason=reason)
            about = [organization, member, person]
            LogEntry.objects.log_actions(staff.pk, about, CHANGE, reason)
        member = MembershipFactory.create(organization=organization, user=people[0])
        remove(member, actor=user, reason=f"{NAME} asked for it")
        LogEntry.objects.log_actions(user.pk, [organization], CHANGE, f"by {NAME}")
    return people


def rows_of_others(user: User) -> list[str]:
    """Every row that is not about the person."""
    memberships = list(user.memberships.values_list("pk", flat=True))
    about = LogEntry.objects.filter(
        Q(content_type__model="user", object_id=user.pk)
        | Q(content_type__model="membership", object_id__in=map(str, memberships))
    )
    left_out = [
        User.objects.filter(pk=user.pk),
        user.memberships.all(),
        Removal.objects.filter(membership__in=memberships),
        user.events.all(),
        user.access_tokens.all(),
        user.scim_identities.all(),
        TokenBinding.objects.filter(token__user=user),
        FormerAddress.objects.of(user),
        about,
        AccessAttempt.objects.filter(username__in=[ADDRESS, EARLIER_ADDRESS]),
    ]
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            mine = [
                pk
                for left in left_out
                if left.model._meta.db_table == table
                for pk in left.values_list("pk", flat=True)
            ]
            key = connection.introspection.get_primary_key_column(cursor, table)
            cursor.execute(
                f'SELECT t::text FROM "{table}" AS t WHERE t."{key}"::text <> ALL(%s)',  # noqa: S608 (its own tables)
                [list(map(str, mine))],
            )
            rows += [f"{table}: {row}" for (row,) in cursor.fetchall()]
    return sorted(rows)


def test_nothing_of_others_changes(user: User, others: list[User], admin_client: Client) -> None:
    before = rows_of_others(user)
    tables = {row.split(":")[0] for row in before if "zeb" in row.casefold()}
    assert tables >= {
        "users_user",
        "organizations_organization",
        "organizations_removal",
        "organizations_event",
        "organizations_scheduledremoval",
        "axes_accessattempt",
        "django_admin_log",
    }

    plan = ErasurePlan.of(user, viewer=None)
    receipt = erase_account(user.pk, actor=None, emptied=plan.reasons.record_ids)

    assert receipt.account.erased_at
    assert rows_of_others(user) == before


@pytest.mark.parametrize("name", ["the", "Org B", "root@example.com"])
def test_somebody_with_a_name_like_this_takes_nothing_of_others_along(
    name: str, admin_client: Client
) -> None:
    user = UserFactory.create(full_name=name)
    MembershipFactory.create(user__email="root@example.com", organization__name="Org B")
    organization = Organization.objects.get()
    for _ in range(5):
        log_in(Client(), "root@example.com", "wrong")
    for reason in ("the end", "Org B", "for root@example.com"):
        remove(MembershipFactory.create(organization=organization), reason=reason)
        LogEntry.objects.log_actions(user.pk, [organization], CHANGE, reason)
    before = rows_of_others(user)

    call_command("erase_account", user.pk, "--no-input", "--empty-reasons", stdout=StringIO())

    assert rows_of_others(user) == before
    assert log_in(Client(), "root@example.com", "wrong") == 429
