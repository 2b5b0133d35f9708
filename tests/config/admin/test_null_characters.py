"""A null character, wherever it stands in a request to the admin."""

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse


def page_of(model: type[Model], page: str, *args: str) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_it_is_refused_in_an_id(admin_client: Client, page: str) -> None:
    for model in admin.site._registry:
        assert admin_client.get(page_of(model, page, "\0")).status_code == 400, model


@pytest.mark.parametrize("query", ["id__exact=%00", "q=%00", "organization=a%00b", "%00=1"])
def test_it_is_refused_in_the_query_of_a_list(admin_client: Client, query: str) -> None:
    for model in admin.site._registry:
        address = f"{page_of(model, 'changelist')}?{query}"
        assert admin_client.get(address).status_code == 400, model


def test_it_is_refused_in_a_choice(admin_client: Client) -> None:
    autocomplete = {
        "app_label": "organizations",
        "model_name": "resource",
        "field_name": "department",
        "term": "",
        "organization": "\0",
    }
    selection = {"action": "removal", "_selected_action": "\0"}

    answers = (
        admin_client.get(reverse("admin:autocomplete"), autocomplete),
        admin_client.post("/admin/organizations/membership/", selection),
        admin_client.post("/admin/organizations/role/add/", {"name": "A", "organization": "\0"}),
    )

    assert [answer.status_code for answer in answers] == [400, 400, 400]


@pytest.mark.django_db
def test_a_login_with_it_fails(client: Client) -> None:
    login = {"username": "a\0@example.com", "password": "\0"}

    assert client.post("/admin/login/?next=%00", login).status_code == 200
