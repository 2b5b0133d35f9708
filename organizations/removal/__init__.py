"""The removal of members: what the application is for.

``service`` removes; ``guards`` say who cannot be removed; ``preview`` shows what a removal would
do; ``statement.sql`` is what it does to the database; ``log`` tells.
"""
