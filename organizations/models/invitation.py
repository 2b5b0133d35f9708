"""The invitation mail of a new member: its attempts and its outcome."""

from django.db import models
from django.db.models.functions import Now

from organizations.models.membership import Membership
from organizations.models.organization import Organization


class Invitation(models.Model):
    """One mail until it is sent or given up, without its address and text.

    ``attempted_at`` is set before the mail is handed over, and emptied when the server defers it.
    While it is set, nobody knows whether the server took the mail.
    """

    membership = models.OneToOneField(Membership, models.PROTECT, primary_key=True)
    # The index below serves this key.
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        indexes = (
            # Counts what an organization sent within an hour.
            models.Index(fields=["organization", "created_at"], name="invitation_by_date"),
        )

    def __str__(self) -> str:
        return f"invitation of {self.membership_id}"
