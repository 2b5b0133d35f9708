"""Users, and the access tokens with which their programs authenticate."""

from users.models.access_token import AccessToken
from users.models.user import User

__all__ = ["AccessToken", "User"]
