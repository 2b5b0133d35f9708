"""The restoration of removed members: a new membership with what the record of the removal names.

``draft`` says what would come back, or why nothing can; ``service`` saves that. ``resources`` finds
what the removal moved and is still there.
"""
