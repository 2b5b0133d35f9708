"""Fields for names that are unique in any case: trimmed, and compared by a key stored beside."""

from typing import Any
from unicodedata import normalize

from django.core.exceptions import ValidationError
from django.db import models

from config.characters import clean

# Folding may make eighteen characters of one, and an index entry has room for 2,700 bytes.
LONGEST_KEY = 600


def key_of(name: str) -> str:
    """Return the key that names are compared by: no case, outer blanks or invisible characters.

    It is made here, since the database's ``lower()`` depends on its locale.
    """
    folded = normalize("NFKC", clean(normalize("NFKC", name))).casefold()
    return normalize("NFKC", folded).strip()[:LONGEST_KEY]


def require_visible(name: str) -> None:
    """Raise ValidationError for a name without visible characters."""
    if not key_of(name):
        raise ValidationError("A name has visible characters.")


class TrimmedNameField(models.CharField[str, str]):
    """A name with visible characters, saved without blanks around it."""

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        require_visible(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        name = str(getattr(model_instance, self.attname)).strip()
        setattr(model_instance, self.attname, name)
        return name


class NameKeyField(models.CharField[str, str]):
    """The key of the name in the field ``of``; values it is compared with become keys, too.

    `save` and `bulk_create` fill it. Code that bypasses both writes name and key.
    """

    def __init__(self, *, of: str) -> None:
        self.of = of
        super().__init__(
            max_length=LONGEST_KEY, db_collation="C", db_default="", default="", editable=False
        )

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, _, _ = super().deconstruct()
        return name, path, [], {"of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = key_of(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, key)
        return key

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return key_of(prepared) if isinstance(prepared, str) else prepared
