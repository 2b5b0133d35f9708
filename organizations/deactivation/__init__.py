"""Members are deactivated and reactivated: they keep what they hold, and it works again later.

``service`` does it, by a removal's rules; ``states`` says who is in the wanted state already.
"""
