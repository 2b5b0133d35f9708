"""Which login of an OpenID Connect provider is whose."""

from django.db import models

from users.models.user import User


class OidcLogin(models.Model):
    """A login by which a member of staff is known: the provider, and its own name of the person.

    Both stay the same for good. An address does not, and another person may have it next.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="oidc_logins", db_index=False)
    issuer = models.CharField(max_length=255, db_collation="C")
    subject = models.CharField(max_length=255, db_collation="C")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "linked login"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_account_of_a_login"),
            models.UniqueConstraint(fields=["user", "issuer"], name="one_login_of_an_account"),
        )

    def __str__(self) -> str:
        return f"login of {self.user_id}"
