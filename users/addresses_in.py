"""Finds the texts that mention an e-mail address, by index."""

import json
import re
import unicodedata
from collections.abc import Collection
from urllib.parse import quote

import idna
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.fields.array import ArrayOverlap  # type: ignore[attr-defined]
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class AddressesIn(models.Func):
    """The e-mail addresses in a text, as users/migrations/addresses_in.sql shortens them."""

    function = "users_addresses_in"
    arity = 1
    output_field = ArrayField(models.TextField())


def index_of_addresses(field: str, *, name: str) -> GinIndex:
    """Return the index that `mentioning` uses.

    Few texts mention an address, so a row without one costs a look at its text and no more.
    """
    mentions_any = models.Q(**{f"{field}__contains": "@"})
    return GinIndex(AddressesIn(field), name=name, condition=mentions_any, fastupdate=False)


def mentioning(field: str, addresses: Collection[str]) -> models.Q:
    """Return the condition that a text may mention one of these addresses; see `pattern_of`."""
    wanted = " ".join(_spellings_of(addresses))
    return models.Q(ArrayOverlap(AddressesIn(field), AddressesIn(models.Value(wanted))))


def pattern_of(addresses: Collection[str]) -> re.Pattern[str]:
    """Return what finds these addresses in a text, in any case, but not within longer ones."""
    any_of_them = "|".join(map(re.escape, _spellings_of(addresses)))
    return re.compile(rf"(?<![\w.+-])(?:{any_of_them})(?![\w-]|\.\w)", re.IGNORECASE)


def _spellings_of(addresses: Collection[str]) -> list[str]:
    """Return how these canonical addresses are written, in any case.

    A domain may be in its own letters. Letters may be decomposed, as some keyboards write them, in
    JSON, as the log of the admin has them, or encoded for an address of the web; an "@" that is
    itself encoded is not found, since the index is of what stands beside each "@".
    """
    written = {*addresses, *map(_in_its_own_letters, addresses)}
    written |= {unicodedata.normalize("NFD", text) for text in written}
    in_json = {json.dumps(text)[1:-1] for text in written}
    in_a_url = {quote(text, safe="@") for text in written}
    return sorted(written | in_json | in_a_url)


def _in_its_own_letters(address: str) -> str:
    """Return an address with the letters that its domain stands for (``xn--…``)."""
    mailbox, at, domain = address.rpartition("@")
    try:
        return f"{mailbox}{at}{idna.decode(domain)}"
    except (idna.IDNAError, UnicodeError):
        return address
