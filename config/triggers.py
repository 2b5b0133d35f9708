"""The kinds of triggers that models declare."""

import pgtrigger


class BeforeRow(pgtrigger.Trigger):
    """Fires before each row: it returns the row to be stored, or raises."""

    level = pgtrigger.Row
    when = pgtrigger.Before


class AfterRow(pgtrigger.Trigger):
    """Fires after each row: it returns NULL, or raises."""

    level = pgtrigger.Row
    when = pgtrigger.After


class AfterStatement(pgtrigger.Trigger):
    """Fires once after a statement, for all its rows: it returns NULL, or raises."""

    level = pgtrigger.Statement
    when = pgtrigger.After
