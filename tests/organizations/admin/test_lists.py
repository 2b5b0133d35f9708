"""What staff find in the lists, and how much a list costs."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organizations.models import Event, Membership, Organization, Removal
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
    UserFactory,
)
from tests.organizations.admin.member_pages import ADMIN, MEMBERSHIPS
from tests.organizations.admin.page import page_of, text_of
from tests.removals import remove
from tests.sequential_scans import MANY, analyze, rows_read
from users.models import AccessToken, User

TOKENS = "/admin/users/accesstoken/"


@pytest.fixture
def ada(organization: Organization, owner: Membership) -> Membership:
    user = UserFactory.create(full_name="Ada King Lovelace", email="ada@example.com")
    return MembershipFactory.create(organization=organization, user=user, roles=["Member"])


@pytest.mark.parametrize(
    "term", ["Ada", "lovelace", "king ada", "ada@exam", "ADA@EXAMPLE.COM", " Lov "]
)
def test_a_member_is_found_by_how_a_word_of_their_name_or_their_address_begins(
    browser: Client, ada: Membership, term: str
) -> None:
    MembershipFactory.create(organization=ada.organization, user__full_name="Grace Hopper")

    page = text_of(browser.get(MEMBERSHIPS, {"q": term}))

    assert "ada@example.com" in page
    assert "Grace Hopper" not in page


def test_a_member_is_found_by_ids(browser: Client, ada: Membership, owner: Membership) -> None:
    assert ada.user.email in text_of(browser.get(MEMBERSHIPS, {"q": ada.user_id}))
    of_organization = text_of(browser.get(MEMBERSHIPS, {"q": ada.organization_id}))
    assert ada.user.email in of_organization
    assert owner.user.email in of_organization


@pytest.mark.parametrize("term", ["'", '"', "\\", ":*", "a & b", "<script>", "%", "("])
def test_any_text_can_be_searched_for(browser: Client, ada: Membership, term: str) -> None:
    for model in (
        "membership",
        "organization",
        "resource",
        "removal",
        "event",
        "department",
        "role",
    ):
        assert browser.get(f"{ADMIN}{model}/", {"q": term}).status_code == 200
    assert browser.get(MEMBERSHIPS, {"organization": term}).status_code == 200


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("", {"active", "deactivated"}),
        ("active", {"active"}),
        ("deactivated", {"deactivated"}),
        ("former", {"former"}),
        ("all", {"active", "deactivated", "former"}),
    ],
)
def test_members_are_listed_by_state_and_former_ones_only_on_request(
    browser: Client, organization: Organization, state: str, found: set[str]
) -> None:
    members = {
        "active": MembershipFactory.create(organization=organization),
        "deactivated": MembershipFactory.create(
            organization=organization, deactivated_at=timezone.now()
        ),
        "former": MembershipFactory.create(organization=organization),
    }
    remove(members["former"])

    page = text_of(browser.get(MEMBERSHIPS, {"state": state} if state else {}))

    assert {name for name, member in members.items() if member.user.email in page} == found
    column = {name for name in members if f'field-state">{name.capitalize()}<' in page}
    assert column == found


def test_a_search_among_members_counts_the_former_ones_that_it_would_find(
    browser: Client, ada: Membership
) -> None:
    MembershipFactory.create(user=ada.user)
    remove(ada)
    found = {"q": "lovelace", "organization": ada.organization_id}

    page = text_of(browser.get(MEMBERSHIPS, found))

    assert ">1 former member</a>" in page
    [address] = re.findall(r'Found as well: <a href="(.*?)"', page)
    assert ada.user.email in text_of(browser.get(MEMBERSHIPS + html.unescape(address)))
    assert "Found as well" not in text_of(browser.get(MEMBERSHIPS, {"q": "hopper"}))


def test_a_page_leads_to_the_lists_that_its_reader_may_see(
    browser: Client, reader: Client, ada: Membership
) -> None:
    ResourceFactory.create(organization=ada.organization, owner=ada.user)
    page = text_of(browser.get(page_of(ada)))
    account = text_of(browser.get(f"/admin/users/user/{ada.user_id}/change/"))

    assert re.findall(r'<a href="(/admin/\w+/\w+)/\?q=', page) == [
        *(f"{ADMIN}{model}" for model in ("resource", "event", "removal")),
        *(f"{ADMIN}{model}" for model in ("offboardingtask", "scheduledremoval")),
        "/admin/users/accesstoken",
    ]
    assert f"{MEMBERSHIPS}?q={ada.user_id}&amp;state=all" in account
    assert "See also" not in text_of(reader.get(page_of(ada)))


def test_the_date_of_removal_is_shown_only_in_lists_with_former_members(
    browser: Client, ada: Membership
) -> None:
    remove(ada)

    columns = [
        'class="sortable column-until"' in text_of(browser.get(MEMBERSHIPS, query))
        for query in ({}, {"state": "former"}, {"state": "all"})
    ]

    assert columns == [False, True, True]


@pytest.mark.parametrize("by", ["name", "pk"])
def test_a_list_narrows_to_one_organization(browser: Client, ada: Membership, by: str) -> None:
    stranger = MembershipFactory.create()

    page = text_of(browser.get(MEMBERSHIPS, {"organization": getattr(ada.organization, by)}))

    assert ada.user.email in page
    assert stranger.user.email not in page


def test_an_organization_shows_its_numbers(
    browser: Client, ada: Membership, owner: Membership
) -> None:
    ResourceFactory.create_batch(3, organization=ada.organization, owner=ada.user)
    ResourceFactory.create_batch(2, organization=ada.organization, owner=owner.user)
    remove(ada)

    page = text_of(browser.get(f"{ADMIN}organization/{ada.organization_id}/change/"))

    query = f"organization={ada.organization_id}"
    for path, number in (
        (f"membership/?{query}", 1),
        (f"membership/?{query}&amp;state=former", 1),
        (f"resource/?{query}", 5),
        (f"resource/?{query}&amp;owner_has_left=yes", 3),
    ):
        assert f'<a href="{ADMIN}{path}">{number}</a>' in page


@pytest.mark.parametrize(
    ("model", "own", "foreign"),
    [
        (Removal, {"source": "admin"}, {"source": "api"}),
        (Event, {"type__exact": "member.removed"}, {"type__exact": "member.added"}),
    ],
)
def test_a_record_and_an_event_are_found_by_person_request_id_actor_and_organization(
    browser: Client,
    ada: Membership,
    staff: User,
    model: type[Removal | Event],
    own: dict[str, str],
    foreign: dict[str, str],
) -> None:
    remove(ada, actor=staff, trace_id="trace-of-the-test")
    address = f"{ADMIN}{model._meta.model_name}/"
    for query in (
        own,
        {"q": "lovelace"},
        {"q": "trace-of-the-test"},
        {"q": model._default_manager.get().pk},
        {"actor": staff.email},
        {"organization": ada.organization.name},
    ):
        assert "ada@example.com" in text_of(browser.get(address, query)), query
    for query in (foreign, {"q": "hopper"}, {"actor": ada.user_id}, {"organization": "elsewhere"}):
        assert "ada@example.com" not in text_of(browser.get(address, query)), query


def test_the_records_of_an_organization_are_not_looked_for_among_those_of_others(
    browser: Client, ada: Membership
) -> None:
    """By the statistics of one that has nearly all of them."""
    other = OrganizationFactory.create()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SET LOCAL session_replication_role = replica;
            INSERT INTO organizations_removal (
                id, organization_id, membership_id, source, reason, roles, departments,
                resource_count, token_count, trace_id, requested_at, created_at
            )
            SELECT 'rem_' || i, %s, -i, 'api', '', '[]', '[]', 0, 0, '', now(), now()
            FROM generate_series(1, %s) AS i;
            SET LOCAL session_replication_role = origin;
            """,
            [other.pk, MANY],
        )
    analyze("organizations_removal")
    remove(ada)
    before = rows_read("organizations_removal")

    page = browser.get(f"{ADMIN}removal/", {"organization": ada.organization_id})

    assert "ada@example.com" in text_of(page)
    assert rows_read("organizations_removal") - before < MANY / 100


def test_a_trace_id_that_is_a_name_hides_nobody(browser: Client, ada: Membership) -> None:
    other = MembershipFactory.create(organization=ada.organization)
    remove(ada)
    remove(other, trace_id="Lovelace")

    page = text_of(browser.get(f"{ADMIN}removal/", {"q": "Lovelace"}))

    assert ada.user.email in page
    assert other.user.email in page


def test_a_list_takes_as_many_statements_for_thirty_rows_as_for_one(
    browser: Client, django_assert_max_num_queries: Any
) -> None:
    models = ("membership", "organization", "department", "role", "resource", "removal", "event")
    lists = (*(f"{ADMIN}{model}/" for model in models), "/admin/users/user/", TOKENS)

    def make_rows() -> None:
        department = DepartmentFactory.create()
        organization = department.organization
        member = MembershipFactory.create(
            organization=organization, roles=["Member"], departments=[department]
        )
        ResourceFactory.create(organization=organization, owner=member.user)
        AccessToken.objects.issue(member.user, name="", lifetime=timedelta(days=1))
        remove(MembershipFactory.create(organization=organization))

    make_rows()
    statements = {}
    for address in lists:
        with django_assert_max_num_queries(10) as few:
            browser.get(address)
        statements[address] = len(few)
    for _ in range(29):
        make_rows()
    for address in lists:
        with django_assert_max_num_queries(statements[address], info=address):
            browser.get(address)


def test_a_large_table_is_estimated_not_counted(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.admin.large_tables.COUNTED_UP_TO", 10)
    MembershipFactory.create_batch(30)

    with CaptureQueriesContext(connection) as asked:
        assert browser.get(MEMBERSHIPS).status_code == 200

    statements = [query["sql"] for query in asked if "organizations_membership" in query["sql"]]
    assert any(statement.startswith("EXPLAIN") for statement in statements)
    counts = [statement for statement in statements if "COUNT(" in statement]
    assert counts
    assert all("LIMIT 11" in statement for statement in counts)
