"""How names are searched: by how any of their words begins, however it is written.

There is one fold, `words_of`: it makes what is stored from a name, and what is looked for from a
term. It is Python's, so it does not depend on the database's locale.
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

LONGEST_TERM = 200  # characters, as of a name
LONGEST_WORD = 64  # an entry of an index has no room for more than a few hundred bytes

# Letters that Unicode does not decompose into those that are typed for them.
_TYPED_FOR = str.maketrans(
    {"\u0131": "i", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)
# Primes and apostrophes that count as letters, such as U+02BC.
_LIKE_APOSTROPHES = {*map(chr, range(0x02B9, 0x0300)), "\ua78b", "\ua78c"}


def words_of(text: str) -> Iterator[list[str]]:
    """Return the words of a text as they are compared: no case, no accents, no punctuation.

    What stands between two blanks comes together, since it is one word or several depending on who
    writes it: ``O'Brien`` is ``o`` and ``brien``.
    """
    decomposed = unicodedata.normalize("NFKD", clean(text).replace("\u00b4", "'"))
    # Once more, since letters fold to some that decompose.
    folded = unicodedata.normalize("NFKD", decomposed.casefold())
    for piece in folded.split():
        if words := "".join(map(_letter, piece)).split():
            yield [word[:LONGEST_WORD] for word in words]


def _as_one(words: Iterable[str]) -> str:
    """Return words joined into one, as some people write them: ``obrien``."""
    return "".join(words)[:LONGEST_WORD]


def _spellings(words: list[str]) -> Iterator[str]:
    """Return what finds a piece: each word, two neighbours as one, and all of them as one."""
    yield from words
    yield from map(_as_one, pairwise(words))
    yield _as_one(words)


@lru_cache(maxsize=10_000)
def _letter(char: str) -> str:
    """Return what is compared of a character: a letter, nothing for an accent, else a blank."""
    if unicodedata.combining(char):
        return ""
    if unicodedata.category(char)[0] not in "LNM" or char in _LIKE_APOSTROPHES:
        return " "
    return char.translate(_TYPED_FOR)


class WordsField(models.Field[list[str], list[str]]):
    """The words of a name, kept beside it to be searched by ``begin_with``.

    Holds the name itself first, by which the database refuses a name that is changed without its
    words: whoever writes one past `save` or `bulk_create` has to write both.
    """

    def __init__(self, *, of: str) -> None:
        self.of = of
        super().__init__(editable=False)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Return the arguments of the field for a migration."""
        name, path, _, _ = super().deconstruct()
        return name, path, [], {"of": self.of}

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Store an array."""
        return "text[]"

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        """Have the database check that the words were made from the name as it is."""
        quote = connection.ops.quote_name
        return f"{quote(self.column)}[1] IS NOT DISTINCT FROM {quote(self.of)}"

    def pre_save(self, model_instance: models.Model, add: bool) -> list[str]:
        """Return the name and its words, those that stand together also as one."""
        name = getattr(model_instance, self.of)
        stored = [name, *sorted({word for words in words_of(name) for word in _spellings(words)})]
        setattr(model_instance, self.attname, stored)
        return stored


class Lexemes(models.Func):
    """What is indexed of a `WordsField`: its words, compared byte by byte, and not the name."""

    template = "array_to_tsvector(%(expressions)s[2:])"


def index_of_words(field: str, *, name: str) -> GinIndex:
    """Return the index that `begin_with` uses.

    Written at once: a list of what is still to be indexed would be read through by each search.
    """
    return GinIndex(Lexemes(field), name=name, fastupdate=False)


@WordsField.register_lookup
class BeginWith(models.Lookup[str]):
    """Whether each word of a term is how one of the words begins; a term without words finds none.

    PostgreSQL estimates what a beginning matches by the words that many names have.
    """

    lookup_name = "begin_with"
    prepare_rhs = False

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[str | int]]:
        """Return the condition. Raises EmptyResultSet where nothing is asked for."""
        pieces = [_begins(words) for words in words_of(str(self.rhs)[:LONGEST_TERM])]
        if not pieces:
            raise EmptyResultSet
        words, params = compiler.compile(Lexemes(self.lhs))
        return f"{words} @@ %s::tsquery", [*params, " & ".join(pieces)]


def _begins(words: list[str]) -> str:
    """Return what asks for words that begin like these, written apart or as one."""
    apart = " & ".join(f"'{word}':*" for word in words)
    return apart if len(words) == 1 else f"({apart} | '{_as_one(words)}':*)"
