"""The kinds of triggers that models declare: when they fire, and for what."""

import pgtrigger


class BeforeRow(pgtrigger.Trigger):
    """A trigger before each row: it returns the row as it is to be, or raises."""

    level = pgtrigger.Row
    when = pgtrigger.Before


class AfterRow(pgtrigger.Trigger):
    """A trigger after each row: it returns NULL, or raises."""

    level = pgtrigger.Row
    when = pgtrigger.After


class AfterStatement(pgtrigger.Trigger):
    """A trigger after a statement, once for all its rows: it returns NULL, or raises."""

    level = pgtrigger.Statement
    when = pgtrigger.After
