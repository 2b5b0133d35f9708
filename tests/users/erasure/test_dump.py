"""After an erasure, nothing that the database holds names the person."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client

from organizations.models import Membership, Organization, Removal, Resource
from tests.conftest import ClientOf
from tests.factories import DepartmentFactory, OrganizationFactory
from tests.organizations.api.address import address_of
from tests.users.test_login import PASSWORD, log_in
from users.models import AccessToken, User

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
def user(admin_client: Client, client_of: ClientOf, settings: Any) -> User:
    """Somebody whom the application wrote about wherever it can, and who has left."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    post(
        admin_client,
        "users/user/add/",
        email=EARLIER_ADDRESS,
        full_name=EARLIER_NAME,
        **WITHOUT_PASSWORD,
    )
    user: User = User.objects.get(email=EARLIER_ADDRESS)
    log_in(Client(), EARLIER_ADDRESS, "wrong")
    organization = OrganizationFactory.create(name="Acme")
    department = DepartmentFactory.create(organization=organization)
    add_membership(admin_client, organization, user)
    path = f"users/user/{user.pk}"
    post(
        admin_client,
        f"{path}/change/",
        email=ADDRESS,
        full_name=NAME,
        is_active="on",
        is_staff="on",
    )
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    post(admin_client, f"{path}/password/", **WITH_PASSWORD, **passwords)
    search_and_log_in()
    call_command("create_token", ADDRESS, name=f"of {NAME}")
    post(
        admin_client,
        "users/accesstoken/",
        action="revoke",
        _selected_action=AccessToken.objects.get().pk,
    )
    client_of(user).get(f"{address_of(user.memberships.get())}/removal-preview")
    Resource.objects.create(organization=organization, name="A thing", owner=user)
    post(admin_client, "organizations/organization/add/", name=f"Friends of {NAME}")
    Organization.objects.filter(name__startswith="Friends").delete()
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
    """Fail to log in by address and by name, on the way to a search; then log in."""
    browser = Client()
    for tried in (ADDRESS, NAME, f" {ADDRESS.upper()} "):
        log_in(Client(), tried, "wrong", address="192.0.2.7")
    away = browser.get(f"{ADMIN}/users/user/", {"q": NAME})
    browser.post(away["Location"], {"username": "x@example.com", "password": "wrong"})
    assert log_in(browser, ADDRESS, PASSWORD) == 302


def test_nothing_names_the_person_afterwards(user: User, admin_client: Client) -> None:
    assert Removal.objects.filter(reason__contains=NAME).exists()
    tables = {row.split(":")[0] for row in traces()}
    assert tables >= {
        "users_user",
        "users_accesstoken",
        "organizations_removal",
        "axes_accessattempt",
        "django_admin_log",
    }
    confirmation = {"action": "erase", "_selected_action": user.pk}

    page = admin_client.post(f"{ADMIN}/users/user/", confirmation).content.decode()
    assert f"{NAME} ({ADDRESS}) asked for it" in page.replace("&#x27;", "'")
    admin_client.post(
        f"{ADMIN}/users/user/",
        confirmation | {"post": "yes", "emptied": Removal.objects.get(reason__contains=NAME).pk},
    )

    user.refresh_from_db()
    assert user.erased_at
    assert traces() == []
