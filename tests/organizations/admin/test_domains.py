"""Mail domains on the pages of an organization and of its directory's connection."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from organizations.domains.service import domains_of, set_domains
from organizations.models import Domain, Organization
from tests.directories import connect
from tests.factories import OrganizationFactory
from tests.organizations.admin.member_pages import ADMIN
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_with

ORGANIZATIONS = f"{ADMIN}organization/"


def form(organization: Organization, *domains: str, **fields: object) -> dict[str, object]:
    """The form of an organization's page as it is now, with these domains typed."""
    shown = "\n".join(domains_of(organization.pk))
    return {
        "name": organization.name,
        "initial-name": organization.name,
        "domains": "\r\n".join(domains),
        "initial-domains": shown,
        **fields,
    }


@pytest.fixture
def other(db: None) -> Organization:
    other = OrganizationFactory.create(name="Beta")
    set_domains(other.pk, ["b.example"])
    return other


def test_domains_are_set_on_the_organizations_page_and_the_log_says_which(
    browser: Client, organization: Organization
) -> None:
    set_domains(organization.pk, ["a.example", "b.example"])
    assert "a.example b.example</textarea>" in text_of(browser.get(page_of(organization)))

    response = browser.post(page_of(organization), form(organization, "b.example, C.example"))

    assert response.status_code == 302
    assert domains_of(organization.pk) == ["b.example", "c.example"]
    message = LogEntry.objects.get().get_change_message()
    assert "Added mail domain “c.example”." in message
    assert "Deleted mail domain “a.example”." in message


def test_a_new_organization_is_given_domains(browser: Client) -> None:
    made = {"name": "Acme", "owner": "olivia@acme.example", "domains": "acme.example"}
    browser.post(f"{ORGANIZATIONS}add/", made)

    assert domains_of(Organization.objects.get().pk) == ["acme.example"]


def test_public_domains_are_refused_by_name(browser: Client, organization: Organization) -> None:
    page = text_of(browser.post(page_of(organization), form(organization, "gmail.com", "co.uk")))

    assert "Anybody can have an address of “gmail.com”" in page
    assert "Below “co.uk” anybody can register a domain" in page
    assert domains_of(organization.pk) == []


def test_too_long_a_text_of_domains_is_refused_without_parsing(
    browser: Client, organization: Organization
) -> None:
    typed = form(organization, "ä.example " * 10_001)

    page = text_of(browser.post(page_of(organization), typed))

    assert "This is longer than 100,000 characters." in page


def test_a_domain_of_another_organization_is_set_once_its_box_is_ticked(
    browser: Client, organization: Organization, other: Organization
) -> None:
    typed = form(organization, "a.example", "B.example")
    box = f"b.example is a domain of Beta ({other.pk}) already: share it"
    assert 'type="checkbox"' not in text_of(browser.get(page_of(organization)))

    page = text_of(browser.post(page_of(organization), typed))

    assert box in page
    assert re.search(r'<input type="checkbox" name="shared" value="b.example"[^>]*>', page)
    assert "Tick what is to be shared" in page
    assert domains_of(organization.pk) == []

    browser.post(page_of(organization), {**typed, "shared": ["b.example"]})

    assert domains_of(organization.pk) == ["a.example", "b.example"]
    assert Domain.objects.get(organization=organization, name="b.example").is_shared


def test_each_domain_that_is_shared_takes_a_box_of_its_own(
    browser: Client, organization: Organization, other: Organization
) -> None:
    set_domains(OrganizationFactory.create(name="Gamma").pk, ["g.example"])
    typed = form(organization, "b.example", "g.example", shared=["g.example"])

    page = text_of(browser.post(page_of(organization), typed))

    assert re.search(r'value="g.example"[^>]* checked', page)
    assert "b.example is a domain of Beta" in page
    assert domains_of(organization.pk) == []


def test_a_domain_that_is_shared_already_needs_no_box(
    browser: Client, organization: Organization, other: Organization
) -> None:
    set_domains(organization.pk, ["b.example"], shared=["b.example"])

    browser.post(page_of(organization), form(organization, "a.example", "b.example"))

    assert domains_of(organization.pk) == ["a.example", "b.example"]


def test_a_page_from_before_somebody_elses_change_does_not_undo_it(
    browser: Client, organization: Organization
) -> None:
    opened = form(organization, "a.example")
    set_domains(organization.pk, ["c.example"])

    page = text_of(browser.post(page_of(organization), opened))

    assert "Somebody changed this since you opened the page." in page
    assert domains_of(organization.pk) == ["c.example"]


def test_a_page_whose_domains_were_not_touched_changes_the_name_alone(
    browser: Client, organization: Organization
) -> None:
    set_domains(organization.pk, ["a.example"])
    Domain.objects.create(organization=organization, name="gmail.com")  # public only since then

    browser.post(
        page_of(organization), form(organization, "a.example", "gmail.com", name="Acme Ltd")
    )

    organization.refresh_from_db()
    assert organization.name == "Acme Ltd"
    assert domains_of(organization.pk) == ["a.example", "gmail.com"]
    assert "domain" not in LogEntry.objects.get().get_change_message()


def test_who_may_change_organizations_alone_sees_the_domains_and_sets_none(
    organization: Organization,
) -> None:
    set_domains(organization.pk, ["a.example"])
    client = browser_with("change_organization", "add_organization")

    page = text_of(client.get(page_of(organization)))
    client.post(page_of(organization), form(organization, "b.example", name="Acme Ltd"))
    client.post(f"{ORGANIZATIONS}add/", {"name": "New", "domains": "c.example"})

    assert '<div class="readonly">a.example</div>' in page
    assert 'name="domains"' not in page
    organization.refresh_from_db()
    assert organization.name == "Acme Ltd"
    assert list(Domain.objects.values_list("name", flat=True)) == ["a.example"]


def test_who_may_change_domains_alone_sets_them_and_nothing_else(
    organization: Organization,
) -> None:
    client = browser_with("change_domains")
    name = organization.name

    page = text_of(client.get(page_of(organization)))
    client.post(page_of(organization), form(organization, "b.example", name="Acme Ltd"))

    assert 'name="name"' not in page
    organization.refresh_from_db()
    assert organization.name == name
    assert domains_of(organization.pk) == ["b.example"]
    assert client.get(f"{ORGANIZATIONS}add/").status_code == 403
    assert client.post(f"{ORGANIZATIONS}{organization.pk}/delete/").status_code == 403


def test_a_reader_of_organizations_changes_no_domains(organization: Organization) -> None:
    set_domains(organization.pk, ["a.example"])
    client = browser_with("view_organization")

    assert '<div class="readonly">a.example</div>' in text_of(client.get(page_of(organization)))

    response = client.post(page_of(organization), form(organization, "b.example"))
    assert response.status_code == 403
    assert domains_of(organization.pk) == ["a.example"]


def test_the_page_of_a_connection_shows_the_domains(
    browser: Client, organization: Organization
) -> None:
    connection, _ = connect(organization, domains=["b.example", "a.example"])

    page = text_of(browser.get(page_of(connection)))

    assert '<div class="readonly">a.example, b.example</div>' in page


def test_the_pages_of_a_connection_say_where_a_domain_is_missing(
    browser: Client, organization: Organization
) -> None:
    link = f'it can add nobody until <a href="{page_of(organization)}">'

    new = browser.post(
        f"{ADMIN}connection/add/",
        {"kind": "directory", "name": "Okta", "organization": organization.pk},
    )
    connection = organization.connections.get()

    assert link in text_of(new)
    assert link in text_of(browser.get(page_of(connection)))
