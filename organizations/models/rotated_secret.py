"""Secrets of connections and webhook endpoints: who was shown them, and until when they work."""

from collections.abc import Iterable
from typing import Self, TypeVar

from django.db import models
from django.utils import timezone

from config.identifiers import IdentifiedQuerySet
from organizations.models.optional_key import OptionalKey
from users.models import User

Row = TypeVar("Row", bound=models.Model)


class RotatedSecretQuerySet(IdentifiedQuerySet[Row]):
    """Queries for rows with a secret, by state and by who was shown it."""

    def enabled(self) -> Self:
        """Keep those that were not disabled."""
        return self.filter(disabled_at=None)

    def disabled(self) -> Self:
        """Keep those that were disabled."""
        return self.exclude(disabled_at=None)

    def shown_to(self, organization_id: str | models.OuterRef, user_ids: Iterable[str]) -> Self:
        """Keep those of an organization whose secret these users may still have, by id."""
        shown = (
            models.Q(created_by__in=user_ids)
            | models.Q(rotated_by__in=user_ids)
            | models.Q(previous_rotated_by__in=user_ids)
        )
        return self.filter(shown, organization=organization_id).order_by("pk")


class RotatedSecret(models.Model):
    """A row with a secret; after a rotation the previous secret works for a while, too.

    Its maker was shown the first secret, and whoever rotates it is shown the new one. Once the row
    is disabled, no secret works.
    """

    rotated_by = OptionalKey(
        User,
        models.PROTECT,
        related_name="+",
        editable=False,
        help_text="Who was shown its latest secret, if it was not the first.",
    )
    previous_rotated_by = OptionalKey(
        User,
        models.PROTECT,
        related_name="+",
        editable=False,
        help_text="Who was shown the secret before, if it was not the first.",
    )

    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    created_by_id: str | None

    class Meta:
        abstract = True

    @property
    def is_enabled(self) -> bool:
        """Whether it was not disabled."""
        return self.disabled_at is None

    @property
    def secret_holders(self) -> set[str | None]:
        """The ids of who made it and of the last two who rotated it: they may have its secret."""
        return {self.created_by_id, self.rotated_by_id, self.previous_rotated_by_id}
