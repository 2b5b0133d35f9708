"""The users application."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class UsersConfig(AppConfig):
    """Accounts and access tokens."""

    name = "users"
    verbose_name = "Users and tokens"

    def ready(self) -> None:
        from users.login import note_login

        # Replaces Django's, which fails if the account was erased or deleted meanwhile.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        user_logged_in.connect(note_login, dispatch_uid="update_last_login")
