"""People, and the tokens by which their programs are known."""

from users.models.access_token import AccessToken
from users.models.user import User

__all__ = ["AccessToken", "User"]
