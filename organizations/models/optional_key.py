"""A foreign key that may be null."""

from typing import Any, TypeVar

from django.db import models
from django.db.models.expressions import Combinable

# What is set and what is read, as the types of Django's fields name them.
_Set = TypeVar("_Set")
_Get = TypeVar("_Get")


class OptionalKey(models.ForeignKey[_Set, _Get]):
    """A foreign key that may be null, without an index: ``Meta.indexes`` has those that are used.

    Migrations see Django's own key.
    """

    # These tell the type checker that the key can be None.
    _pyi_private_set_type: Any | Combinable | None
    _pyi_private_get_type: Any | None

    def __init__(self, to: type[models.Model], on_delete: Any, **options: Any) -> None:
        super().__init__(
            to, on_delete, **{"null": True, "blank": True, "db_index": False, **options}
        )

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _, arguments, options = super().deconstruct()
        return name, "django.db.models.ForeignKey", [*arguments], options
