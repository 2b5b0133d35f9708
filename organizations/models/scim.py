"""The identities by which directories know members."""

from typing import Self

from django.db import models
from django.utils import timezone

from config.case_insensitive_names import NameKeyField
from organizations.models.connection import Connection
from organizations.models.optional_key import OptionalKey
from organizations.models.organization import Organization
from organizations.triggers import identity_is_named
from users.models import User


class ScimIdentityQuerySet(models.QuerySet["ScimIdentity"]):
    """Queries for identities that are valid now."""

    def of(self, connection: Connection) -> Self:
        """Keep those by which a connection knows members now."""
        return self.filter(
            organization=connection.organization_id, connection=connection, ended_at=None
        )


class ScimIdentity(models.Model):
    """The names by which a connection knows a member: what SCIM shows of them.

    It ends with any removal, and is valid again after a restoration. An organization has one for
    each user: another connection that adopts the member takes it over and replaces all it says.
    """

    # The unique constraints below begin with the organization and serve as its index.
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="scim_identities", db_index=False
    )
    # The index below serves this key.
    user = models.ForeignKey(User, models.PROTECT, related_name="scim_identities", db_index=False)
    # Nothing reads a row without a connection. The unique constraints below serve this key.
    connection = OptionalKey(
        Connection,
        models.PROTECT,
        related_name="identities",
        help_text="The connection that knows the member so.",
    )
    account_made_by = OptionalKey(
        Connection,
        models.PROTECT,
        related_name="accounts_made",
        help_text="The connection that made the account: its organization's may change it.",
    )
    user_name = models.CharField(max_length=320)
    user_name_key = NameKeyField(of="user_name")
    external_id = models.CharField(max_length=255, blank=True)
    formatted_name = models.CharField(max_length=200, blank=True)
    given_name = models.CharField(max_length=200, blank=True)
    family_name = models.CharField(max_length=200, blank=True)
    display_name = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the member was removed."
    )

    objects = ScimIdentityQuerySet.as_manager()

    class Meta:
        verbose_name = "SCIM identity"
        verbose_name_plural = "SCIM identities"
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(fields=["organization", "user"], name="one_scim_identity"),
            # Okta and Entra ID look people up by these.
            models.UniqueConstraint(
                fields=["connection", "user_name_key"],
                condition=models.Q(ended_at=None),
                name="scim_user_name_in_connection",
            ),
            models.UniqueConstraint(
                fields=["connection", "external_id"],
                condition=models.Q(ended_at=None) & ~models.Q(external_id=""),
                name="scim_external_id_in_connection",
            ),
        )
        indexes = (
            # The deletion and the erasure of an account look them up.
            models.Index(fields=["user"], name="scim_identity_by_user"),
        )
        triggers = (identity_is_named,)

    def __str__(self) -> str:
        return self.user_name
