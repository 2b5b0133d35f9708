"""Who gets which roles and departments.

``service`` adds members and changes what they hold. ``grants`` says which roles a caller may give,
``presence`` explains who is a member already; restorations ask both.
"""
