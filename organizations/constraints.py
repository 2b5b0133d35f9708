"""The constraints and indexes that several models declare in their Meta."""

from collections.abc import Collection, Sequence
from functools import reduce
from itertools import combinations
from operator import or_
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Deferrable

from organizations.source import Source


class ForeignKeyConstraint(models.BaseConstraint):
    """The values of ``fields`` together occur as ``to_fields`` of one row of the model ``to``.

    A row with a null among ``fields`` refers to nothing. The model referred to needs a unique
    constraint over ``to_fields``. Checked at the end of each statement, or of the transaction with
    ``Deferrable.DEFERRED``.
    """

    def __init__(
        self,
        *,
        fields: Sequence[str],
        to: str,
        to_fields: Sequence[str],
        name: str,
        deferrable: Deferrable | None = None,
        violation_error_message: str | None = None,
    ) -> None:
        self.fields = tuple(fields)
        self.to = to
        self.to_fields = tuple(to_fields)
        self.deferrable = deferrable
        super().__init__(name=name, violation_error_message=violation_error_message)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, options = super().deconstruct()
        options |= {"fields": self.fields, "to": self.to, "to_fields": self.to_fields}
        if self.deferrable:
            options["deferrable"] = self.deferrable
        return path, args, options

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ForeignKeyConstraint):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)

    # The stubs allow None for both arguments below; Django passes none.

    def constraint_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> None:
        """Add the key once the migration has made every table, as Django does with its own keys."""
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def create_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> str:
        quote = schema_editor.quote_name
        target = model._meta.apps.get_model(self.to)

        def columns(of: type[models.Model], names: Sequence[str]) -> str:
            return ", ".join(quote(_field(of, name).column) for name in names)

        when = " DEFERRABLE INITIALLY DEFERRED" if self.deferrable else ""
        return (
            f"ALTER TABLE {quote(model._meta.db_table)} ADD CONSTRAINT {quote(self.name)}"
            f" FOREIGN KEY ({columns(model, self.fields)})"
            f" REFERENCES {quote(target._meta.db_table)} ({columns(target, self.to_fields)}){when}"
        )

    def remove_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> str:
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def validate(
        self,
        model: type[models.Model],
        instance: models.Model,
        exclude: Collection[str] | None = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        """Raise ValidationError in a form where the database would refuse the row."""
        if not set(self.fields).isdisjoint(exclude or ()):
            return
        row = dict(
            zip(self.to_fields, (_value(instance, name) for name in self.fields), strict=True)
        )
        target = apps.get_model(self.to)
        if (
            None not in row.values()
            and not target._base_manager.using(using).filter(**row).exists()
        ):
            raise ValidationError(self.get_violation_error_message())


def in_organization(
    field: str, to: str, *, name: str, message: str | None = None
) -> ForeignKeyConstraint:
    """Return the constraint that ``field`` refers to a row of the same organization, or is null.

    ``to`` is the name of the model referred to.
    """
    return ForeignKeyConstraint(
        fields=["organization", field],
        to=f"organizations.{to}",
        to_fields=["organization", "id"],
        name=name,
        violation_error_message=message,
    )


def source_is_known(*, name: str) -> models.CheckConstraint:
    """Return the constraint that ``source`` is one of `Source`."""
    return models.CheckConstraint(condition=models.Q(source__in=Source.values), name=name)


def at_most_one_set(*fields: str) -> models.Q:
    """Return the condition that at most one of these fields is not null."""
    all_but_one = combinations(fields, len(fields) - 1)
    return reduce(or_, (models.Q(**dict.fromkeys(others)) for others in all_but_one))


def index_where_set(*fields: str, name: str) -> models.Index:
    """Return an index of these fields, of the rows in which the first of them is not null."""
    is_set = models.Q(**{f"{fields[0]}__isnull": False})
    return models.Index(fields=fields, condition=is_set, name=name)


def _field(model: type[models.Model], name: str) -> Any:
    """Return a field that has a column."""
    return model._meta.get_field(name)


def _value(instance: models.Model, name: str) -> object:
    """Return the value that is saved, also that of a generated constant."""
    field = _field(type(instance), name)
    if field.generated:
        constant = isinstance(field.expression, models.Value)
        return field.expression.value if constant else getattr(instance, field.attname)
    return field.pre_save(instance, add=instance._state.adding)
