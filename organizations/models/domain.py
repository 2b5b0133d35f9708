"""The mail domains of an organization."""

from django.db import models

from organizations.domains.names import FORM, LONGEST_NAME, validate_domain
from organizations.models.organization import Organization


class Domain(models.Model):
    """A mail domain of an organization, whose directory makes and finds accounts of it.

    The database refuses a domain of another organization unless it is marked as shared. It does not
    know the public mail domains: those lists grow, and are in ``organizations/domains/``.
    """

    # The unique constraint below serves as the index of this key.
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="domains", db_index=False
    )
    # Collated by bytes, so that every server sorts the list in the same way.
    name = models.CharField(max_length=LONGEST_NAME, validators=[validate_domain], db_collation="C")
    is_shared = models.BooleanField(
        default=False, help_text="Another organization had it already, and whoever set it knew."
    )

    class Meta:
        ordering = ("name",)
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "name"],
                name="domain_of_organization",
                violation_error_message="The organization has this domain already.",
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(is_shared=False),
                name="domain_of_one_organization",
                violation_error_message="Another organization has this domain already.",
            ),
            models.CheckConstraint(
                condition=models.Q(name__regex=FORM), name="domain_is_canonical"
            ),
        )

    def __str__(self) -> str:
        return self.name
