"""Webhook endpoints, and the deliveries to them."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from config.identifiers import PrefixedIdField
from organizations.models.connection import Connection
from organizations.models.event import Event
from organizations.models.optional_key import OptionalKey
from organizations.models.organization import Organization
from organizations.models.rotated_secret import RotatedSecret, RotatedSecretQuerySet
from users.models import User


class WebhookEndpointQuerySet(RotatedSecretQuerySet["WebhookEndpoint"]):
    """Queries for endpoints; a disabled one is sent nothing."""

    def given_up(self) -> Self:
        """Keep those that were disabled because their receivers failed or were gone."""
        reasons = WebhookEndpoint.DisabledReason
        return self.filter(disabled_reason__in=[reasons.GONE, reasons.FAILING])


class WebhookEndpoint(RotatedSecret):
    """An address that is sent an organization's events.

    Its secret is derived from its id and ``secret_version``, and not stored. It outlives its maker.
    """

    class DisabledReason(models.TextChoices):
        ASKED = "asked", "as asked"
        GONE = "gone", "the receiver answered 410 Gone"
        FAILING = "failing", "five days of nothing but failures"

    id = PrefixedIdField("we")
    # The index below serves this key.
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="webhook_endpoints", db_index=False
    )
    url = models.CharField("URL", max_length=2000)
    description = models.CharField(max_length=500, blank=True)
    event_types = ArrayField(
        models.CharField(max_length=40, choices=Event.Type),
        default=list,
        blank=True,
        help_text="The types of events that are sent; none means all.",
    )
    secret_version = models.PositiveIntegerField(default=1, editable=False)
    previous_secret_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until when the secret before signs along."
    )
    disabled_reason = models.CharField(
        max_length=10, choices=DisabledReason, blank=True, editable=False
    )
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)
    failing_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when every attempt has failed."
    )
    held_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Until when nothing is sent, since the receiver answered 429 or 503.",
    )
    created_by = models.ForeignKey(
        User, models.PROTECT, related_name="webhook_endpoints", null=True, blank=True
    )
    connection = OptionalKey(
        Connection,
        models.PROTECT,
        related_name="+",
        editable=False,
        help_text="The system that made it, if it was not a person.",
    )

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(disabled_at=None, disabled_reason="")
                | (models.Q(disabled_at__isnull=False) & ~models.Q(disabled_reason="")),
                name="webhook_endpoint_is_disabled_for_a_reason",
            ),
        )
        indexes = (
            models.Index(fields=["organization", "id"], name="webhook_endpoint_by_id"),
            # Every change looks up whether anybody listens.
            models.Index(
                fields=["organization"],
                condition=models.Q(disabled_at=None),
                name="webhook_endpoint_enabled",
            ),
            # The admin's first page counts those that nobody asked to disable.
            models.Index(
                fields=["id"],
                condition=models.Q(disabled_reason__in=["gone", "failing"]),
                name="webhook_endpoint_given_up",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)

    def is_held(self, now: datetime) -> bool:
        """Tell whether its receiver asked for a pause that is not over."""
        return self.held_until is not None and self.held_until > now

    @property
    def label(self) -> str:
        """The name on pages for readers who may not view endpoints: a URL may have a secret."""
        return self.description or str(self.pk)

    def disable(self, reason: "WebhookEndpoint.DisabledReason", now: datetime) -> None:
        """Disable it for this reason, without saving it."""
        self.disabled_at, self.disabled_reason = now, reason

    def wants(self, event_type: str) -> bool:
        """Tell whether events of this type are sent there."""
        return not self.event_types or event_type in self.event_types


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint, and how far it came. Kept for 30 days."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    class Error(models.TextChoices):
        """Why the last attempt failed. A name without an address looks like a forbidden one."""

        TIMEOUT = "timeout", "no answer in time"
        REFUSED = "refused", "no connection"
        TLS = "tls", "no trusted certificate"
        ADDRESS = "address", "no address that may be reached"
        STATUS = "status", "an answer other than 2xx"

    id = PrefixedIdField("dlv")
    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, related_name="deliveries", db_index=False
    )
    # The index below serves this key.
    event = models.ForeignKey(Event, models.PROTECT, related_name="deliveries", db_index=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    last_status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=10, choices=Error, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = (
            models.UniqueConstraint(
                fields=["endpoint", "event"], name="webhook_delivery_once_an_endpoint"
            ),
            models.CheckConstraint(
                condition=models.Q(status="delivered", delivered_at__isnull=False)
                | (~models.Q(status="delivered") & models.Q(delivered_at=None)),
                name="webhook_delivery_is_delivered_at_a_time",
            ),
        )
        indexes = (
            # An endpoint's deliveries, newest first: all of them, and those of one status.
            models.Index(fields=["endpoint", "id"], name="webhook_delivery_by_id"),
            models.Index(fields=["endpoint", "status", "id"], name="webhook_delivery_by_status"),
            # What is old enough to be deleted.
            models.Index(fields=["created_at"], name="webhook_delivery_by_date"),
            # Whether an old event still has one.
            models.Index(fields=["event"], name="webhook_delivery_by_event"),
        )

    def __str__(self) -> str:
        return str(self.pk)
