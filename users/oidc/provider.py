"""What the OpenID Connect provider says of itself, and the settings that its client asks for."""

import time
from functools import lru_cache
from typing import Any

import jwt
import requests
from django.conf import settings
from mozilla_django_oidc.utils import import_from_settings

DISCOVERY = "/.well-known/openid-configuration"
KEPT_SECONDS = 3600

# What the client asks for, and the provider answers.
ENDPOINTS = {
    "OIDC_OP_AUTHORIZATION_ENDPOINT": "authorization_endpoint",
    "OIDC_OP_TOKEN_ENDPOINT": "token_endpoint",
    "OIDC_OP_USER_ENDPOINT": "userinfo_endpoint",
    "OIDC_OP_JWKS_ENDPOINT": "jwks_uri",
}


class ProviderError(Exception):
    """The provider's description of itself is not one, or another provider's."""


PROVIDER_FAULTS = (ProviderError, requests.RequestException, jwt.PyJWTError)


def setting(name: str, *default: Any) -> Any:
    """Return a setting of the client: the provider's, or Django's. Raises PROVIDER_FAULTS."""
    if name not in ENDPOINTS:
        return import_from_settings(name, *default)
    described = _described(settings.OIDC_ISSUER, int(time.monotonic() // KEPT_SECONDS))
    try:
        return str(described[ENDPOINTS[name]])
    except KeyError as missing:
        raise ProviderError(f"The provider's description lacks {missing}.") from None


@lru_cache(maxsize=1)
def _described(issuer: str, hour: int) -> dict[str, Any]:
    """Return what a provider says of itself; it is asked once an hour."""
    answer = requests.get(issuer.rstrip("/") + DISCOVERY, timeout=settings.OIDC_TIMEOUT)
    answer.raise_for_status()
    described = answer.json()
    if not isinstance(described, dict) or described.get("issuer") != issuer:
        raise ProviderError("The provider's description is of another issuer than OIDC_ISSUER.")
    return described
