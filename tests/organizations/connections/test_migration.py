"""Connections were those of directories alone, under another name."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection

from tests.factories import UserFactory
from users.models import User

MIGRATION = import_module("organizations.migrations.0017_connections")


@pytest.mark.django_db
def test_staff_keep_their_permissions_under_the_new_name_and_back() -> None:
    staff = UserFactory.create(is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_connection"))

    def permissions() -> set[str]:
        return set(User.objects.get(pk=staff.pk).get_all_permissions())

    with connection.schema_editor() as editor:
        MIGRATION.rename_backwards(apps, editor)
        assert permissions() == {"organizations.view_scimconnection"}
        MIGRATION.rename_forwards(apps, editor)

    assert permissions() == {"organizations.view_connection"}
