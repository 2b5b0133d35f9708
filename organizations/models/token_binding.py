"""Tokens that end with a membership.

What a token reaches, bound or not, is decided in one function: migrations/token_reach.sql.
"""

from datetime import timedelta

import pgtrigger
from django.db import models, transaction

from organizations.models.membership import Membership
from organizations.triggers import binding_is_deleted
from users.models import AccessToken


class TokenBindingQuerySet(models.QuerySet["TokenBinding"]):
    @transaction.atomic
    def issue(
        self, member: Membership, *, name: str, lifetime: timedelta
    ) -> tuple[AccessToken, str]:
        """Create a token that is bound to a membership; return it and its plain text."""
        # Locked before the account, which the token locks, in the order of organizations/locks.py.
        Membership.objects.select_for_update(no_key=True).get(pk=member.pk)
        token, plain = AccessToken.objects.issue(member.user, name=name, lifetime=lifetime)
        self.create(token=token, membership=member)
        return token, plain


class TokenBinding(models.Model):
    """Binds a token to a membership: it acts in that organization alone, until the tenure ends.

    Nothing is written when the membership ends. A user who comes back has a new membership, to
    which the token is not bound.
    """

    token = models.OneToOneField(
        AccessToken, models.CASCADE, primary_key=True, related_name="binding"
    )
    # Looked up by the token alone, and a membership is never deleted.
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)

    objects = TokenBindingQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        triggers = (
            pgtrigger.ReadOnly(name="stays_bound", fields=["token", "membership"]),
            binding_is_deleted,
        )

    def __str__(self) -> str:
        return str(self.membership.organization)
