"""The users application."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """Accounts and access tokens."""

    name = "users"
    verbose_name = "Users and tokens"
