"""The directory of an organization, and the identities by which it knows members."""

from collections.abc import Iterable
from typing import Self

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from config.case_insensitive_names import NameKeyField
from config.identifiers import PrefixedIdField
from organizations.constraints import ForeignKeyConstraint
from organizations.models.organization import Department, Organization
from organizations.triggers import identity_is_named
from users.models import User


class ScimConnectionQuerySet(models.QuerySet["ScimConnection"]):
    """Connections, and whether they work."""

    def enabled(self) -> Self:
        """Keep those whose directory is let in."""
        return self.filter(disabled_at=None)

    def passing_to(self, department: Department) -> Self:
        """Keep those that pass to a department what members own whom they take out."""
        return self.filter(
            models.Q(transfer_on_deactivate=department)
            | models.Q(transfer_on_removal=department)
            | models.Q(transfers_by_type__transferred_to=department)
        )

    def managing(
        self, organization_id: str, user_ids: Iterable[str]
    ) -> "dict[str, ScimConnection]":
        """Return the enabled connection that manages members, by the ids of those it manages."""
        connection = self.enabled().filter(organization=organization_id).first()
        if connection is None:
            return {}
        managed = ScimIdentity.objects.of(connection).filter(user__in=user_ids)
        return dict.fromkeys(managed.values_list("user", flat=True), connection)


class ScimConnection(models.Model):
    """The access of one directory, such as Okta or Entra ID, to one organization.

    It acts with every capability there. Records and events name it where a person would be named.
    """

    id = PrefixedIdField("scim")
    # The unique constraint below serves requests; a list of an organization's is short.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="scim_connections", db_index=False
    )
    name = models.CharField(max_length=100, help_text="Which directory it is.")
    # Two, so that a token can be replaced while the directory still sends the one before.
    token_digest = models.BinaryField(max_length=32)
    previous_token_digest = models.BinaryField(max_length=32, null=True, blank=True)
    previous_token_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until when the token before works."
    )
    transfer_on_deactivate = models.ForeignKey(
        Department,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_constraint=False,
        help_text="The department that takes over what a member owns when they are deactivated.",
    )
    transfer_on_removal = models.ForeignKey(
        Department,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_constraint=False,
        help_text="The department that takes over what a member owns when they are removed.",
    )
    remove_after_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Days after which a member whom it deactivated is removed; empty for never.",
    )
    disable_staff = models.BooleanField(
        "disable staff accounts",
        default=False,
        db_default=False,
        help_text=(
            "Whether an account for this admin is disabled, too, when the directory deactivates or"
            " removes its person. It is not enabled again with the member."
        ),
    )
    last_request_at = models.DateTimeField(null=True, blank=True, editable=False)
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScimConnectionQuerySet.as_manager()

    class Meta:
        verbose_name = "SCIM connection"
        constraints = (
            models.UniqueConstraint(
                fields=["organization"],
                condition=models.Q(disabled_at=None),
                name="one_enabled_scim_connection",
                violation_error_message=(
                    "The organization has an enabled connection already. In the admin another token"
                    " can be issued for it, or it can be disabled."
                ),
            ),
            ForeignKeyConstraint(
                fields=["organization", "transfer_on_deactivate"],
                to="organizations.Department",
                to_fields=["organization", "id"],
                name="scim_deactivation_department_in_organization",
                violation_error_message="The organization has no such department.",
            ),
            ForeignKeyConstraint(
                fields=["organization", "transfer_on_removal"],
                to="organizations.Department",
                to_fields=["organization", "id"],
                name="scim_removal_department_in_organization",
                violation_error_message="The organization has no such department.",
            ),
            models.CheckConstraint(
                condition=models.Q(remove_after_days__gte=1), name="scim_removal_after_a_day"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_enabled(self) -> bool:
        """Whether the directory is let in."""
        return self.disabled_at is None


class ScimIdentityQuerySet(models.QuerySet["ScimIdentity"]):
    """Identities, whose they are, and whether they count."""

    def of(self, connection: ScimConnection) -> Self:
        """Keep those by which a connection knows members now."""
        return self.filter(
            organization=connection.organization_id, connection=connection, ended_at=None
        )


class ScimIdentity(models.Model):
    """As whom a connection knows a member: what SCIM shows of them.

    It ends with the removal, whoever removes, and counts again with a restoration. An organization
    has one of each user: another connection that adopts the member takes it over, with nothing of
    what it said.
    """

    # The unique constraints below begin with the organization and serve as its index.
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="scim_identities", db_index=False
    )
    # The index below serves this key.
    user = models.ForeignKey(User, models.PROTECT, related_name="scim_identities", db_index=False)
    # Null is of no connection, and read by nobody. The unique constraints below serve this key.
    connection = models.ForeignKey(
        ScimConnection,
        models.PROTECT,
        related_name="identities",
        null=True,
        blank=True,
        db_index=False,
        help_text="The connection that knows the member so.",
    )
    account_made_by = models.ForeignKey(
        ScimConnection,
        models.PROTECT,
        related_name="accounts_made",
        null=True,
        blank=True,
        db_index=False,
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
            # How Okta and Entra ID find somebody again.
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
            # Asked before an account is deleted or erased.
            models.Index(fields=["user"], name="scim_identity_by_user"),
        )
        triggers = (identity_is_named,)

    def __str__(self) -> str:
        return self.user_name
