"""The one settings module: every choice that differs between machines comes from the environment.

Safe by default: unless ``DEBUG=true``, SECRET_KEY, ALLOWED_HOSTS and DATABASE_URL are demanded.
"""

from pathlib import Path
from typing import Any

import django_stubs_ext
import environ

BASE_DIR = Path(__file__).resolve().parent.parent

django_stubs_ext.monkeypatch()

env = environ.Env()

# The tests need no variable; pytest sets this one for whatever it runs.
TESTING = "PYTEST_VERSION" in env.ENVIRON

DEBUG = env.bool("DEBUG", default=TESTING)

SECRET_KEY = env.str("SECRET_KEY", default="for-a-first-look-only" if DEBUG else env.NOTSET)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG else env.NOTSET)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "users",
    "organizations",
]

MIDDLEWARE = [
    "config.trace.TraceMiddleware",
    "config.api.envelope.EnvelopeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# A server where DATABASE_URL names one; for a first look and for tests, the embedded one.
if DEBUG and not env.str("DATABASE_URL", default=""):
    INSTALLED_APPS.append("config.embedded_postgres")
    DATABASES: dict[str, dict[str, Any]] = {
        "default": {
            "ENGINE": "config.embedded_postgres",
            "NAME": "offboard",
            "DATA_DIRECTORY": BASE_DIR / ".postgres",
        }
    }
else:
    DATABASES = {"default": env.db_url("DATABASE_URL", engine="django.db.backends.postgresql")}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": env.int("DATABASE_POOL_SIZE", default=16),
        "timeout": 10,
    }

AUTH_USER_MODEL = "users.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / ".static"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["users.authentication.BearerTokenAuthentication"],
    "DEFAULT_PARSER_CLASSES": ["config.api.parser.JSONObjectParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_THROTTLE_RATES": {
        "token": env.str("RATE_PER_TOKEN", default="600/min") or None,
        "address": env.str("RATE_PER_ADDRESS", default="1200/min") or None,
    },
    "EXCEPTION_HANDLER": "config.api.envelope.exception_handler",
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
}
