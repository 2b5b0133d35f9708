"""The rows about a person that go as a whole."""

from dataclasses import dataclass

from django.apps import apps

from users.models import User


@dataclass(frozen=True, slots=True)
class Rows:
    """A model whose rows are about the account that ``person`` refers to; found by index."""

    label: str
    person: str

    def delete(self, account: User) -> int:
        """Delete the rows about an account; return how many."""
        model = apps.get_model(self.label)
        _, deleted = model._base_manager.filter(**{self.person: account}).delete()
        return int(deleted.get(model._meta.label, 0))

    @property
    def name(self) -> str:
        """Return what the rows are called."""
        return str(apps.get_model(self.label)._meta.verbose_name_plural)


# One more table about a person is one more line.
DELETED = (
    Rows("users.AccessToken", "user"),
    Rows("users.FormerAddress", "account"),
    Rows("users.OidcLogin", "user"),
    Rows("organizations.ScimIdentity", "user"),
)
