"""Reads the OpenID Connect provider's discovery document, and the settings of its client."""

import time
from functools import lru_cache
from typing import Any

import jwt
import requests
from django.conf import settings
from mozilla_django_oidc.utils import import_from_settings

DISCOVERY = "/.well-known/openid-configuration"
KEPT_SECONDS = 3600

# Settings of the client that the discovery document has, under these keys.
ENDPOINTS = {
    "OIDC_OP_AUTHORIZATION_ENDPOINT": "authorization_endpoint",
    "OIDC_OP_TOKEN_ENDPOINT": "token_endpoint",
    "OIDC_OP_USER_ENDPOINT": "userinfo_endpoint",
    "OIDC_OP_JWKS_ENDPOINT": "jwks_uri",
}


class ProviderError(Exception):
    """The discovery document is invalid, or another provider's."""


PROVIDER_FAULTS = (ProviderError, requests.RequestException, jwt.PyJWTError)


def setting(name: str, *default: Any) -> Any:
    """Return a setting of the client, the provider's or Django's. Raises PROVIDER_FAULTS."""
    if name not in ENDPOINTS:
        return import_from_settings(name, *default)
    document = _discovery(settings.OIDC_ISSUER, int(time.monotonic() // KEPT_SECONDS))
    try:
        return str(document[ENDPOINTS[name]])
    except KeyError as missing:
        raise ProviderError(f"The provider's description lacks {missing}.") from None


@lru_cache(maxsize=1)
def _discovery(issuer: str, hour: int) -> dict[str, Any]:
    """Return the discovery document, which is read once an hour."""
    answer = requests.get(issuer.rstrip("/") + DISCOVERY, timeout=settings.OIDC_TIMEOUT)
    answer.raise_for_status()
    document = answer.json()
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise ProviderError("The provider's description is of another issuer than OIDC_ISSUER.")
    return document
