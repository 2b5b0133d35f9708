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

# May precede an address in a link: a blank, a colon, a slash, but no letter, digit, dot, plus or
# hyphen, which would belong to a longer address.
_ENCODED_PUNCTUATION = "%(?:0[ad]|2[0-9acf]|3[a-f])"


class AddressesIn(models.Func):
    """The e-mail addresses in a text, as the function in users/migrations/addresses_in.sql."""

    function = "users_addresses_in"
    arity = 1
    output_field = ArrayField(models.TextField())


def index_of_addresses(field: str, *, name: str) -> GinIndex:
    """Return the index that `mentioning` uses; few texts have an address and are in it."""
    return GinIndex(
        AddressesIn(field), name=name, condition=may_mention_any(field), fastupdate=False
    )


def may_mention_any(field: str) -> models.Q:
    """Return the condition of that index: an "@" in the text, plain or percent-encoded."""
    return models.Q(**{f"{field}__contains": "@"}) | models.Q(**{f"{field}__contains": "%40"})


def mentioning(field: str, addresses: Collection[str]) -> models.Q:
    """Return the condition that a text may mention one of these addresses; see `pattern_of`."""
    wanted = " ".join(_spellings_of(addresses))
    return models.Q(ArrayOverlap(AddressesIn(field), AddressesIn(models.Value(wanted))))


def pattern_of(addresses: Collection[str]) -> re.Pattern[str]:
    """Return a pattern of these addresses in any case, but not within longer ones."""
    any_of_them = "|".join(map(re.escape, _spellings_of(addresses)))
    before = rf"(?:(?<![\w.+-])|(?<={_ENCODED_PUNCTUATION}))"
    return re.compile(rf"{before}(?:{any_of_them})(?![\w-]|\.\w)", re.IGNORECASE)


def _spellings_of(addresses: Collection[str]) -> list[str]:
    """Return the spellings of these canonical addresses, apart from case.

    A domain may be in Unicode, and letters decomposed (NFD). The text may be JSON, as in the
    admin's log, or percent-encoded, with or without the "@".
    """
    written = {*addresses, *map(_in_unicode, addresses)}
    written |= {unicodedata.normalize("NFD", text) for text in written}
    in_json = {json.dumps(text)[1:-1] for text in written}
    in_a_url = {quote(text, safe=safe) for text in written for safe in ("@", "")}
    in_a_url |= {text.replace("@", "%40") for text in written}
    return sorted(written | in_json | in_a_url)


def _in_unicode(address: str) -> str:
    """Return an address with its domain in Unicode instead of ``xn--…``."""
    mailbox, at, domain = address.rpartition("@")
    try:
        return f"{mailbox}{at}{idna.decode(domain)}"
    except (idna.IDNAError, UnicodeError):
        return address
