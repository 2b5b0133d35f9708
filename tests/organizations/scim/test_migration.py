"""Upgrading names the connection of each identity, and keeps each externalId once."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from organizations.connections.service import disable
from organizations.models import Connection, Organization, ScimIdentity
from tests.directories import connect, manage
from tests.factories import MembershipFactory, OrganizationFactory

MIGRATION = import_module("organizations.migrations.0006_directory_identities")


@pytest.fixture(autouse=True)
def _before(db: None) -> None:
    """Have the database as the previous version left it."""
    with connection.schema_editor() as editor:
        MIGRATION.forget_connections(apps, editor)


def known(organization: Organization, external_id: str = "") -> ScimIdentity:
    """Return the identity of a member as the previous version wrote it."""
    member = MembershipFactory.create(organization=organization)
    return manage(member, external_id=external_id, connection=None)


def upgrade() -> None:
    with connection.schema_editor() as editor:
        MIGRATION.name_connections(apps, editor)


def connection_of(identity: ScimIdentity) -> Connection | None:
    identity.refresh_from_db()
    return identity.connection


def test_the_enabled_connection_knows_whom_the_organizations_directories_knew(
    organization: Organization,
) -> None:
    former, _ = connect(organization)
    disable(former)
    enabled, _ = connect(organization)
    elsewhere, _ = connect(OrganizationFactory.create())
    ours, theirs = known(organization), known(elsewhere.organization)

    upgrade()

    assert (connection_of(ours), connection_of(theirs)) == (enabled, elsewhere)


def test_without_an_enabled_connection_the_latest_knows_them(organization: Organization) -> None:
    for number in range(2):
        latest, _ = connect(organization, name=f"{number}")
        disable(latest)
    identity = known(organization)

    upgrade()

    assert connection_of(identity) == latest
    assert not ScimIdentity.objects.of(latest).exclude(pk=identity.pk).exists()


def test_of_equal_external_ids_the_newest_stays_and_each_other_is_printed(
    organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(organization)
    elsewhere, _ = connect(OrganizationFactory.create())
    oldest, newest, newer = (known(organization, "1") for _ in range(3))
    ScimIdentity.objects.filter(pk=newest.pk).update(changed_at=timezone.now())
    other, theirs = known(organization, "I"), known(elsewhere.organization, "1")
    known(organization)
    known(organization)

    upgrade()

    kept = ScimIdentity.objects.exclude(external_id="").values_list("user", flat=True)
    assert set(kept) == {newest.user_id, other.user_id, theirs.user_id}
    printed = capsys.readouterr().out.strip().splitlines()
    assert sorted(line.strip() for line in printed) == sorted(
        f"{organization.pk}: the externalId of {each.user_id} is emptied:"
        f" {newest.user_id} has the same."
        for each in (oldest, newer)
    )
