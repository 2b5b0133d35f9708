"""manage.py create_scim_connection."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from pytest_django import Settings

from organizations.domains.service import domains_of, set_domains
from organizations.guards.transfer_targets import Targets
from organizations.handover.directories import OPENS_NO_TASKS
from organizations.models import Connection, Membership, Organization
from organizations.scim.connections import (
    authenticate,
    targets_on_deactivation,
    targets_on_removal,
)
from tests.factories import DepartmentFactory, OffboardingStepFactory, OrganizationFactory

pytestmark = pytest.mark.django_db


def create(*arguments: str) -> tuple[str, str]:
    """Run the command; return what it prints, and what it says besides."""
    output, errors = StringIO(), StringIO()
    call_command("create_scim_connection", *arguments, stdout=output, stderr=errors)
    return output.getvalue(), errors.getvalue()


def test_it_prints_the_token_and_the_base_url_for_a_shell(
    organization: Organization, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = [".example.com", "offboard.example.com"]

    output, _ = create(organization.pk, "--name", "Okta")

    printed = re.fullmatch(r"export SCIM_TOKEN=(\S+)\nexport SCIM_URL=(\S+)\n", output)
    assert printed
    assert printed[2] == f"https://offboard.example.com/scim/v2/organizations/{organization.pk}"
    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {printed[1]}"})
    connection = authenticate(request, organization.pk).connection
    assert (connection.name, connection.remove_after_days) == ("Okta", None)


@pytest.mark.parametrize("days", [(), ("--remove-after-days", "30")], ids=["never", "30"])
def test_it_warns_where_steps_are_enabled_and_it_never_removes(
    organization: Organization, days: tuple[str, ...]
) -> None:
    OffboardingStepFactory.create(organization=organization)

    _, said = create(organization.pk, "--name", "Okta", *days)

    assert (OPENS_NO_TASKS in said) == (days == ())


@pytest.mark.parametrize("hosts", [[], ["*"], [".example.com"]])
def test_it_says_what_to_put_into_the_base_url_where_no_host_is_named(
    organization: Organization, settings: Settings, hosts: list[str]
) -> None:
    settings.ALLOWED_HOSTS = hosts

    output, said = create(organization.pk, "--name", "Okta")

    assert f"SCIM_URL=https://HOST/scim/v2/organizations/{organization.pk}\n" in output
    assert "ALLOWED_HOSTS names no host" in said


def test_it_sets_what_happens_to_a_leaver(organization: Organization) -> None:
    one, other = DepartmentFactory.create_batch(2, organization=organization)

    create(
        *(organization.pk, "--name", "Okta", "--remove-after-days", "30", "--disable-staff"),
        *("--transfer-on-deactivate", one.pk, "--transfer-on-removal", other.pk),
    )

    connection = Connection.objects.get()
    assert (connection.remove_after_days, connection.disable_staff) == (30, True)
    assert (connection.transfer_on_deactivate, connection.transfer_on_removal) == (one, other)


def test_it_sets_the_departments_of_types_for_both_moments(organization: Organization) -> None:
    one, other = DepartmentFactory.create_batch(2, organization=organization)

    create(
        *(organization.pk, "--name", "Okta", "--transfer-on-removal", one.pk),
        *("--transfer-type-on-removal", f"repository={other.pk}"),
        *("--transfer-type-on-deactivate", f"repository={one.pk}"),
        *("--transfer-type-on-deactivate", f" document = {other.pk}"),
    )

    connection = Connection.objects.get()
    assert targets_on_removal(connection) == Targets(one.pk, {"repository": other.pk})
    assert targets_on_deactivation(connection) == Targets(
        by_type={"repository": one.pk, "document": other.pk}
    )


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["repository"], "has no department"),
        (["=dept_1"], "give it as TYPE=DEPARTMENT"),
        (["A b=dept_1"], "give it as TYPE=DEPARTMENT"),
        (["repository=dept_none"], "has no department dept_none"),
        (["repository={}", "repository={}"], "the type repository is named twice"),
        (["repository={person}"], "has no department usr_"),
    ],
    ids=["no target", "no type", "malformed", "unknown", "twice", "a person"],
)
def test_a_type_without_a_department_connects_nothing(
    organization: Organization, owner: Membership, texts: list[str], message: str
) -> None:
    department = DepartmentFactory.create(organization=organization)
    named = [text.format(department.pk, person=owner.user_id) for text in texts]

    with pytest.raises(CommandError, match=message):
        create(
            *(organization.pk, "--name", "Okta"),
            *(part for text in named for part in ("--transfer-type-on-removal", text)),
        )

    assert not Connection.objects.exists()


def test_it_adds_to_the_domains_of_the_organization(organization: Organization) -> None:
    set_domains(organization.pk, ["a.example"])
    domains = ("--domain", "Example.com", "--domain", "corp.example")

    _, said = create(organization.pk, "--name", "Okta", *domains)

    assert domains_of(organization.pk) == ["a.example", "corp.example", "example.com"]
    assert f"of {organization.pk}, and add people of a.example, corp.example" in said


def test_it_says_that_without_a_domain_the_directory_can_add_nobody(
    organization: Organization,
) -> None:
    _, said = create(organization.pk, "--name", "Okta")

    assert f"Set one: manage.py set_domains {organization.pk} DOMAIN" in said


@pytest.mark.parametrize("domain", ["gmail.com", "com", "[192.0.2.1]", ""])
def test_a_domain_that_can_be_nobodys_connects_nothing(
    organization: Organization, domain: str
) -> None:
    with pytest.raises(CommandError, match=r"nobody|own|not a mail domain"):
        create(organization.pk, "--name", "Okta", "--domain", "a.example", "--domain", domain)

    assert not Connection.objects.exists()
    assert domains_of(organization.pk) == []


def test_a_domain_of_another_organization_takes_shared(organization: Organization) -> None:
    other = OrganizationFactory.create(name="Beta")
    set_domains(other.pk, ["b.example"])
    call = (organization.pk, "--name", "Okta", "--domain", "b.example")

    with pytest.raises(CommandError, match=r"of Beta \(org_\w+\) already\. To set it .* --shared"):
        create(*call)
    assert not Connection.objects.exists()
    create(*call, "--shared")

    assert domains_of(organization.pk) == domains_of(other.pk) == ["b.example"]


def test_there_is_no_such_organization() -> None:
    with pytest.raises(CommandError, match="There is no organization with the id org_none"):
        create("org_none", "--name", "Okta")


def test_an_organization_is_connected_once(organization: Organization) -> None:
    create(organization.pk, "--name", "Okta")

    with pytest.raises(CommandError, match="has an enabled connection already"):
        create(organization.pk, "--name", "Entra ID")

    assert Connection.objects.count() == 1


@pytest.mark.parametrize("option", ["--transfer-on-deactivate", "--transfer-on-removal"])
@pytest.mark.parametrize("whose", ["nobody's", "another organization's"])
def test_a_department_is_the_organizations_own(
    organization: Organization, option: str, whose: str
) -> None:
    department_id = "dept_none" if whose == "nobody's" else DepartmentFactory.create().pk

    with pytest.raises(CommandError, match=r"no such department|'dept_none' is not a valid"):
        create(organization.pk, "--name", "Okta", option, department_id)

    assert not Connection.objects.exists()


@pytest.mark.parametrize("name", ["", " ", "x" * 101])
def test_a_connection_has_a_name(organization: Organization, name: str) -> None:
    with pytest.raises(CommandError, match=r"blank|100 characters"):
        create(organization.pk, "--name", name)


@pytest.mark.parametrize("days", ["0", "-1", "soon", "4000"])
def test_members_are_removed_after_a_whole_number_of_days(
    organization: Organization, days: str
) -> None:
    with pytest.raises(CommandError, match="must be a whole number from 1 to 3650"):
        create(organization.pk, "--name", "Okta", f"--remove-after-days={days}")


def test_what_a_terminal_sends_in_another_encoding_is_read(organization: Organization) -> None:
    with pytest.raises(CommandError, match="There is no organization with the id org_"):
        create("org_caf\udce9", "--name", "Okta")

    create(organization.pk, "--name", "caf\udce9")

    assert Connection.objects.get().name == r"caf\udce9"
