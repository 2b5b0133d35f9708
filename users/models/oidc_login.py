"""The accounts that logins at an OpenID Connect provider are linked to."""

from django.db import models

from users.models.user import User


class OidcLogin(models.Model):
    """A login of a member of staff: the provider, and the provider's id of the person.

    Both are permanent. An address is not: another person may have it next.
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
