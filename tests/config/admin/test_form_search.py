"""The search of a form's select takes the fields of forms alone."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db.models import ForeignObjectRel, Model
from django.test import Client
from django.urls import reverse

from organizations.models import Membership
from tests.factories import UserFactory
from users.models import User


def search(browser: Client, model: type[Model], field: str) -> int:
    parameters = {
        "app_label": model._meta.app_label,
        "model_name": str(model._meta.model_name),
        "field_name": field,
        "term": "a",
    }
    return browser.get(reverse("admin:autocomplete"), parameters).status_code


def relations() -> Iterator[tuple[type[Model], str, bool]]:
    """Yield every relation of every model, and whether it leads back to the model."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if field.is_relation:
                yield model, field.name, isinstance(field, ForeignObjectRel)


def test_no_relation_of_any_model_fails_and_none_that_leads_back_is_searched(
    admin_client: Client,
) -> None:
    back = set()
    for model, field, leads_back in relations():
        status = search(admin_client, model, field)

        assert status in ({403, 404} if leads_back else {200, 403, 404}), (model, field)
        back.add(leads_back)

    assert back == {True, False}


@pytest.mark.parametrize(("model", "field"), [(Membership, "user"), (User, "groups")])
def test_the_fields_of_forms_are_searched(
    admin_client: Client, model: type[Model], field: str
) -> None:
    UserFactory.create()
    Group.objects.create(name="all")

    assert search(admin_client, model, field) == 200
