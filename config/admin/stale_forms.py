"""Forms that overwrite nothing that others changed since their page was opened."""

from typing import Any, TypeVar

from django import forms
from django.db.models import Model

Row = TypeVar("Row", bound=Model)

STALE = "Somebody changed this since you opened the page. Open it again."


class NoLostUpdates(forms.ModelForm[Row]):
    """The form of a row, which refuses a field that somebody else changed meanwhile.

    A form sends every field, also those that its reader did not touch: a page from before would
    enable an account again, or give a role back what was taken from it. So the page says, hidden,
    what it showed. A field that already has the value that is sent is not refused: it was sent
    twice.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        is_of_a_page = not self.is_bound or any(name.startswith("initial-") for name in self.data)
        for field in self.fields.values():
            # A disabled field is not saved; that of the password would show its hash.
            field.show_hidden_initial = (
                is_of_a_page and not self.instance._state.adding and not field.disabled
            )

    def clean(self) -> dict[str, Any] | None:
        """Refuse what would overwrite somebody else's change."""
        cleaned = super().clean()
        for name, field in self.fields.items():
            if field.show_hidden_initial and name not in self.errors and self._is_stale(name):
                self.add_error(name, STALE)
        return cleaned

    def _is_stale(self, name: str) -> bool:
        """Return whether the row now has neither what the page showed nor what it sends."""
        bound = self[name]
        hidden = bound.field.hidden_widget()
        shown = hidden.value_from_datadict(self.data, self.files, bound.html_initial_name)
        return all(
            bound.field.has_changed(_normalized(bound.initial), _normalized(sent))
            for sent in (shown, bound.data)
        )


def _normalized(value: Any) -> Any:
    """Return a text without what a browser or a field changes in it."""
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
