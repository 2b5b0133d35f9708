"""A field with the user of a row's membership."""

from typing import Any

from django.db import models

from users.models import User


class MemberField(models.ForeignKey[User, User]):
    """The user of a row's membership; the composite key ensures that both agree.

    It duplicates the membership's user, so that an index lists the holders of a role, or the
    members of a department, by user id: each page is one look-up.
    """

    def __init__(self, **options: Any) -> None:
        options |= {
            "to": "users.User",
            "on_delete": models.DO_NOTHING,  # the membership protects the user
            "related_name": "+",
            "editable": False,
            "db_constraint": False,
            "db_index": False,
        }
        super().__init__(**options)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, _, _ = super().deconstruct()
        return name, path, [], {}

    def pre_save(self, model_instance: models.Model, add: bool) -> object:
        user_id = model_instance.membership.user_id  # type: ignore[attr-defined]  # both have one
        setattr(model_instance, self.attname, user_id)
        return user_id
