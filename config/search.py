"""Search of names by the beginnings of their words, in any case and with or without accents.

`words_of` normalizes stored names and search terms alike. It is written in Python, so that it does
not depend on the database's locale.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

from config.characters import clean

LONGEST_TERM = 200  # characters, as long as a name
LONGEST_WORD = 64  # an index entry has room for a few hundred bytes

# Letters that Unicode does not decompose, and what people type for them.
_TYPED_AS = str.maketrans(
    {"\u0131": "i", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)
# Primes and apostrophes that Unicode counts as letters, such as U+02BC.
_LIKE_APOSTROPHES = {*map(chr, range(0x02B9, 0x0300)), "\ua78b", "\ua78c"}


def words_of(text: str) -> Iterator[list[str]]:
    """Yield the words of each blank-separated piece of a text; ``O'Brien`` becomes o, brien.

    The words have no case, accents or punctuation. Those of a piece stay together: some people
    write them as one word, others as several.
    """
    decomposed = unicodedata.normalize("NFKD", clean(text).replace("\u00b4", "'"))
    # Twice, since case folding yields letters that decompose.
    folded = unicodedata.normalize("NFKD", decomposed.casefold())
    for piece in folded.split():
        if words := "".join(map(_letter, piece)).split():
            yield [word[:LONGEST_WORD] for word in words]


def _joined(words: Iterable[str]) -> str:
    """Return the words as one, as some people write them: ``obrien``."""
    return "".join(words)[:LONGEST_WORD]


def _spellings(words: list[str]) -> Iterator[str]:
    """Yield what is indexed for a piece: each word, each pair of neighbors joined, all joined."""
    yield from words
    yield from map(_joined, pairwise(words))
    yield _joined(words)


@lru_cache(maxsize=10_000)
def _letter(char: str) -> str:
    """Return a character as it is compared: nothing for an accent, a blank for punctuation."""
    if unicodedata.combining(char):
        return ""
    if unicodedata.category(char)[0] not in "LNM" or char in _LIKE_APOSTROPHES:
        return " "
    return char.translate(_TYPED_AS)


def indexed(name: str) -> list[str]:
    """Return what a `WordsField` stores: the name, then its words in all spellings, sorted."""
    return [name, *sorted({word for words in words_of(name) for word in _spellings(words)})]


class WordsField(models.Field[list[str], list[str]]):
    """The words of a name, stored beside it for the lookup ``begin_with``.

    The first element is the name itself, by which the database refuses a name that is changed
    without its words: code that bypasses `save` and `bulk_create` must write both.
    """

    def __init__(self, *, of: str) -> None:
        self.of = of
        super().__init__(editable=False)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, _, _ = super().deconstruct()
        return name, path, [], {"of": self.of}

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "text[]"

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        """Return the condition that the words were made from the current name."""
        quote = connection.ops.quote_name
        return f"{quote(self.column)}[1] IS NOT DISTINCT FROM {quote(self.of)}"

    def pre_save(self, model_instance: models.Model, add: bool) -> list[str]:
        stored = indexed(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, stored)
        return stored


class Lexemes(models.Func):
    """The indexed SQL expression: the words of a `WordsField` without the name."""

    template = "array_to_tsvector(%(expressions)s[2:])"


def index_of_words(field: str, *, name: str) -> GinIndex:
    """Return the index that ``begin_with`` uses.

    ``fastupdate`` is off: with it, each search also reads the list of pending entries.
    """
    return GinIndex(Lexemes(field), name=name, fastupdate=False)


@WordsField.register_lookup
class BeginWith(models.Lookup[str]):
    """Whether every word of a term begins a word of the name; a term without words matches none.

    PostgreSQL estimates the number of matches from the most common words.
    """

    lookup_name = "begin_with"
    prepare_rhs = False

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[str | int]]:
        pieces = [_begins(words) for words in words_of(str(self.rhs)[:LONGEST_TERM])]
        if not pieces:
            raise EmptyResultSet
        words, params = compiler.compile(Lexemes(self.lhs))
        return f"{words} @@ %s::tsquery", [*params, " & ".join(pieces)]


def _begins(words: list[str]) -> str:
    """Return the tsquery for words that begin with these, written apart or joined."""
    apart = " & ".join(f"'{word}':*" for word in words)
    return apart if len(words) == 1 else f"({apart} | '{_joined(words)}':*)"
