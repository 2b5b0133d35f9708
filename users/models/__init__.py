"""Users, the addresses they had, their linked logins, and the tokens of their programs."""

from users.models.access_token import AccessToken
from users.models.former_address import FormerAddress
from users.models.oidc_login import OidcLogin
from users.models.user import User

__all__ = ["AccessToken", "FormerAddress", "OidcLogin", "User"]
