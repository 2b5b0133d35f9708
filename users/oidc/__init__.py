"""Logging in to the admin by OpenID Connect, where OIDC_ISSUER is set."""
