"""Removes members from an organization, the purpose of this application.

``service`` takes the locks, then one SQL statement decides (``guards/guards.sql``) and acts
(``removal.sql``). ``preview`` runs the guards only.

Nobody can be given a role or department while they are removed: an assignment refers to the key of
a *current* membership (models/membership.py), so it waits for the lock (locks.py) and then fails.
"""
