"""Decides in which mail domains an organization's directory makes, finds and renames accounts.

That keeps one customer from claiming the people of another. Staff and operators add whom they want.
"""
