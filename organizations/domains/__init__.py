"""Limits a directory to accounts in the mail domains of its organization.

So no customer can claim the people of another. Staff and operators add whom they want.
"""
