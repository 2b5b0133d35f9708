"""What a removal passed on, resource by resource."""

from django.db import models

from organizations.models.optional_key import OptionalKey
from organizations.models.organization import Department
from organizations.models.removal import Removal
from organizations.models.resource import Resource
from organizations.models.resource_entry import LONGEST_KEY, LONGEST_NAME
from organizations.models.resource_type import DEFAULT_TYPE, LONGEST_SLUG
from organizations.resources.triggers import resource_is_moved
from organizations.triggers import never_changed_or_deleted
from users.models import User


class ResourceMove(models.Model):
    """A resource that a removal passed on: its type, key and name then, its target, its last mark.

    Written in the removal's own statement. Never changed and never deleted, even if the resource is
    deleted.
    """

    pk = models.CompositePrimaryKey("removal_id", "resource_id")
    # The primary key serves as its index; the trigger below checks that it exists.
    removal = models.ForeignKey(
        Removal,
        models.PROTECT,
        related_name="resource_moves",
        db_constraint=False,
        db_index=False,
    )
    # No foreign key: a resource can be deleted. Nothing looks up moves by it alone.
    resource = models.ForeignKey(
        Resource, models.DO_NOTHING, related_name="moves", db_constraint=False, db_index=False
    )
    type = models.CharField(
        max_length=LONGEST_SLUG, db_collation="C", default=DEFAULT_TYPE, db_default=DEFAULT_TYPE
    )
    external_id = models.CharField(  # noqa: DJ001 (as in the entry)
        max_length=LONGEST_KEY, db_collation="C", null=True, blank=True
    )
    name = models.CharField(max_length=LONGEST_NAME)
    # The removal's record keeps both from being deleted. Nothing looks up moves by them.
    transferred_to = OptionalKey(
        Department,
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        help_text="The department that the resource passed to.",
    )
    transferred_to_user = OptionalKey(
        User,
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        help_text="The person whom the resource passed to.",
    )
    previous_removal = OptionalKey(
        Removal,
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        help_text="The removal whose mark the resource bore before; a restoration puts it back.",
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(transferred_to=None) ^ models.Q(transferred_to_user=None),
                name="resource_move_has_one_target",
            ),
        )
        triggers = (resource_is_moved, never_changed_or_deleted)

    def __str__(self) -> str:
        return self.name
