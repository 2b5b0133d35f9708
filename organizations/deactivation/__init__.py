"""Members are deactivated and reactivated: they keep what they hold, and it works again later.

``service`` does it, ``guards`` says who cannot be: by a removal's rules, and by the member's state.
"""
