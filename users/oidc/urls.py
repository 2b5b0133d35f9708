"""The URLs of logging in by OpenID Connect; the provider is configured with the callback's."""

from django.contrib import admin
from django.urls import path

from users.oidc import views

urlpatterns = [
    path("login/", views.login, name="oidc_login"),
    path("callback/", views.callback, name="oidc_callback"),
    path(
        "link/",
        admin.site.admin_view(views.where_there_is_a_provider(views.link)),
        name="oidc_link",
    ),
]
