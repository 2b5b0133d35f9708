"""Former e-mail addresses of accounts."""

from typing import Self

from django.db import models
from django.db.models.functions import Now

from users.email_address import EmailAddressField
from users.models.user import User


class FormerAddressQuerySet(models.QuerySet["FormerAddress"]):
    """Queries for former addresses, by account and by their present owner."""

    def of(self, account: User) -> Self:
        return self.filter(account=account)

    def passed_on(self) -> Self:
        """Keep those that another account has, or had later."""
        return self.filter(self._of_another())

    def kept(self) -> Self:
        """Keep those that no other account has, or had later."""
        return self.exclude(self._of_another())

    def _of_another(self) -> models.Q:
        had = models.OuterRef("address")
        others = self.model._base_manager.exclude(account=models.OuterRef("account"))
        later = others.filter(address=had, had_until__gt=models.OuterRef("had_until"))
        now = User._base_manager.exclude(pk=models.OuterRef("account")).filter(email=had)
        return models.Q(models.Exists(now)) | models.Q(models.Exists(later))


class FormerAddress(models.Model):
    """An address that an account had, and until when, for its erasure.

    A trigger on accounts writes it, however the address is changed. No lookup uses it: accounts
    have no relation to it.
    """

    account = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    address = EmailAddressField(db_collation="C")
    had_until = models.DateTimeField(db_default=Now())

    objects = FormerAddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "former addresses"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["account", "address"], name="one_former_address"),
        )
        # Who had an address later.
        indexes = (models.Index(fields=["address", "had_until"], name="former_address_by_address"),)

    def __str__(self) -> str:
        return f"former address of {self.account_id}"
