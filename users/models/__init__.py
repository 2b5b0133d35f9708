"""Users, the addresses they had, and the access tokens of their programs."""

from users.models.access_token import AccessToken
from users.models.former_address import FormerAddress
from users.models.user import User

__all__ = ["AccessToken", "FormerAddress", "User"]
