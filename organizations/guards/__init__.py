"""Decides who may do what to whom, for every service behind its locks and for every preview.

``caller`` says who makes a change and what they may do at this moment, and ``acts`` what each act
requires. ``judge`` applies the rules of ``guards.sql`` to users, ``not_members`` explains who is no
member, and ``targets`` are the departments and people that resources pass to.
Nothing here locks or writes.
"""
