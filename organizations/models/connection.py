"""Connections: the systems that act in an organization, and their tokens."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from config.identifiers import PrefixedIdField, generate_id
from organizations.capabilities import Capability
from organizations.constraints import in_organization, index_where_set
from organizations.models.optional_key import OptionalKey
from organizations.models.organization import Department, Organization
from organizations.models.rotated_secret import RotatedSecret, RotatedSecretQuerySet
from users.models import User
from users.models.access_token import digest_of

LIFETIME = timedelta(days=365)  # of a program's tokens, by default


@dataclass(frozen=True, slots=True)
class ConnectionToken:
    """A token that a request carries, and the connection that it was issued to."""

    connection: "Connection"
    digest: bytes = field(repr=False)

    @property
    def pk(self) -> str:
        """Return the key of the rate: both tokens of a connection share one."""
        return self.connection.pk

    @property
    def is_expired(self) -> bool:
        """Return whether the token has expired."""
        return self.connection.is_expired


class ConnectionQuerySet(RotatedSecretQuerySet["Connection"]):
    """Queries for connections, by kind, state and token."""

    def directories(self) -> Self:
        """Keep the connections of directories."""
        return self.filter(kind=Connection.Kind.DIRECTORY)

    def with_token(self, digest: bytes) -> Self:
        """Keep the connection with this token: its latest, or the previous one while it works."""
        return self.filter(
            models.Q(token_digest=digest)
            | models.Q(previous_token_digest=digest, previous_token_until__gt=timezone.now())
        )

    def find(self, kind: "Connection.Kind", plain: str) -> ConnectionToken | None:
        """Return the token of an enabled connection with this plain text, expired or not, or None.

        It authenticates every request of a program or directory.
        """
        digest = digest_of(plain)
        connection = self.enabled().with_token(digest).filter(kind=kind).first()
        return ConnectionToken(connection, digest) if connection else None

    def shown_to(self, organization_id: str | models.OuterRef, user_ids: Iterable[str]) -> Self:
        """Keep enabled connections only: the token of a revoked one opens nothing."""
        return super().shown_to(organization_id, user_ids).enabled()

    def passing_to(self, department: Department) -> Self:
        """Keep those that pass resources to a department, on deactivation or on removal."""
        return self.filter(
            models.Q(transfer_on_deactivate=department)
            | models.Q(transfer_on_removal=department)
            | models.Q(transfers_by_type__transferred_to=department)
        )

    def managing(self, organization_id: str, user_ids: Iterable[str]) -> "dict[str, Connection]":
        """Return the enabled directory of an organization, by the ids of the members it manages."""
        connection = self.directories().enabled().filter(organization=organization_id).first()
        if connection is None:
            return {}
        managed = connection.identities.filter(user__in=user_ids, ended_at=None)
        return dict.fromkeys(managed.values_list("user", flat=True), connection)


class Connection(RotatedSecret):
    """The access of one system to one organization (start.md: Systems are no persons).

    A program works under ``/v1`` with the capabilities that it was given. A directory, such as Okta
    or Entra ID, works under ``/scim`` with every capability. Records and events name the connection
    instead of a person. It outlives its maker, and is never deleted.
    """

    class Kind(models.TextChoices):
        API = "api", "Program"
        DIRECTORY = "directory", "Directory"

    id = PrefixedIdField("scim", "con")
    # The previous version, which may still run, makes only directories.
    kind = models.CharField(
        max_length=10, choices=Kind, default=Kind.DIRECTORY, db_default=Kind.DIRECTORY
    )
    # The unique constraint below serves as the index of this key.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="connections", db_index=False
    )
    name = models.CharField(max_length=100, help_text="Which system it is.")
    capabilities = ArrayField(
        models.CharField(max_length=50, choices=Capability),
        default=list,
        db_default=[],
        blank=True,
        help_text="What a program may do. A directory has every capability.",
    )
    # The previous token works for a while, so that a token can be replaced without an outage.
    token_digest = models.BinaryField(max_length=32)
    previous_token_digest = models.BinaryField(max_length=32, null=True, blank=True)
    previous_token_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until when the token before works."
    )
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="When the tokens of a program expire."
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
    last_used_on = models.DateField(
        null=True, blank=True, editable=False, help_text="The last day on which a program used it."
    )
    # A removal looks up the tokens that the leaver was shown, within one organization.
    created_by = OptionalKey(User, models.PROTECT, related_name="+", editable=False)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        # The table keeps its first name, so that the previous version can run beside this one.
        db_table = "organizations_scimconnection"
        constraints = (
            # The target of a step's foreign key, and the order of an organization's list.
            models.UniqueConstraint(
                fields=["organization", "id"], name="connection_in_organization"
            ),
            models.UniqueConstraint(
                fields=["organization"],
                condition=models.Q(disabled_at=None, kind="directory"),
                name="one_enabled_directory",
                violation_error_message=(
                    "The organization has an enabled connection already. In the admin another token"
                    " can be issued for it, or it can be disabled."
                ),
            ),
            in_organization(
                "transfer_on_deactivate",
                "Department",
                name="scim_deactivation_department_in_organization",
                message="The organization has no such department.",
            ),
            in_organization(
                "transfer_on_removal",
                "Department",
                name="scim_removal_department_in_organization",
                message="The organization has no such department.",
            ),
            models.CheckConstraint(
                condition=models.Q(remove_after_days__gte=1), name="scim_removal_after_a_day"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="directory", id__startswith="scim_", expires_at=None)
                | models.Q(kind="api", id__startswith="con_", expires_at__isnull=False),
                name="connection_is_of_its_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="directory", capabilities=[])
                | models.Q(
                    kind="api",
                    capabilities__contained_by=Capability.values,
                    transfer_on_deactivate=None,
                    transfer_on_removal=None,
                    remove_after_days=None,
                    disable_staff=False,
                ),
                name="connection_has_what_its_kind_has",
            ),
        )
        indexes = (
            # Each request looks up its token.
            models.Index(fields=["token_digest"], name="connection_by_token"),
            index_where_set("previous_token_digest", name="connection_by_previous_token"),
        )
        triggers = (pgtrigger.ReadOnly(name="stays_what_it_is", fields=["kind", "organization"]),)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Give a new program an id with its prefix, and an expiry date if it has none."""
        if self._state.adding and not self.is_directory:
            self.id = generate_id("con")
            self.expires_at = self.expires_at or timezone.now() + LIFETIME

    @property
    def is_expired(self) -> bool:
        """Whether its tokens have expired."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory's."""
        return self.kind == self.Kind.DIRECTORY
