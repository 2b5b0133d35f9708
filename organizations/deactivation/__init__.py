"""Deactivates and reactivates members, whose roles and departments have no effect in between.

``service`` does it, by the rules of a removal, and ``states`` refuses members who are in the wanted
state already.
"""
