"""Django's settings: whatever differs between machines comes from the environment.

Safe by default: unless ``DEBUG=true``, SECRET_KEY, ALLOWED_HOSTS and DATABASE_URL are required.
"""

from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF
from psycopg import IsolationLevel

from config import environment
from config.environment import A_CENTURY, env
from config.logs import logging_config
from config.secret_key import kept_key
from config.timestamps import TIME_FORMAT

BASE_DIR = Path(__file__).resolve().parent.parent

django_stubs_ext.monkeypatch()

# Tests need no variable: pytest sets this one.
TESTING = "PYTEST_VERSION" in env.ENVIRON

DEBUG = environment.flag("DEBUG", default=TESTING)

# The folder where a first look keeps its PostgreSQL and its key.
EMBEDDED_POSTGRES = environment.given("EMBEDDED_POSTGRES", default=str(BASE_DIR / ".postgres"))

if DEBUG:
    SECRET_KEY = environment.given("SECRET_KEY") or (
        "of-the-tests-alone" if TESTING else kept_key(Path(EMBEDDED_POSTGRES))
    )
    ALLOWED_HOSTS = environment.hosts("ALLOWED_HOSTS", default="*")
else:
    SECRET_KEY = environment.required("SECRET_KEY", example="50 random characters or more")
    environment.required("ALLOWED_HOSTS", example="offboard.example")
    ALLOWED_HOSTS = environment.hosts("ALLOWED_HOSTS")

INSTALLED_APPS = [
    "config.admin.site.OffboardAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "csp",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "users",
    "organizations",
    "procrastinate.contrib.django",  # last: organizations has a command in place of its own
]

MIDDLEWARE = [
    "config.head.HeadMiddleware",
    "config.health.HealthMiddleware",
    "config.metrics.MetricsMiddleware",
    "config.trace.TraceMiddleware",
    "config.caching.NoStoreMiddleware",
    "config.api.envelope.EnvelopeMiddleware",
    "organizations.scim.errors.ErrorMiddleware",
    "config.api.https.HttpsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.database_errors.DatabaseErrorMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"links": "config.admin.link_tags"},
        },
    },
]

# The server that DATABASE_URL names; without it, for a first look and for tests, the embedded one.
database: dict[str, Any]
if DEBUG and not environment.given("DATABASE_URL"):
    database = {
        "ENGINE": "config.embedded_postgres",
        "NAME": "offboard",
        "DATA_DIRECTORY": EMBEDDED_POSTGRES,
    }
else:
    database = {
        # Each thread keeps its connection, and checks at each request that it still works.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        **environment.database("DATABASE_URL"),
    }
DATABASES = {"default": database}

options = database["OPTIONS"] = {
    # While the database is unreachable, requests fail within 10 seconds: 3 until a connection is
    # known to be lost, and 3 for each of two addresses that its host may have.
    "connect_timeout": 3,
    "tcp_user_timeout": 3000,
    "keepalives_idle": 5,
    "keepalives_interval": 1,
    **database.get("OPTIONS", {}),
}
# A statement sees what was committed before it began; the locks of a removal rely on that.
options["isolation_level"] = IsolationLevel.READ_COMMITTED

# Behind PgBouncer in transaction mode each transaction may be on another connection.
if environment.flag("PGBOUNCER"):
    database["DISABLE_SERVER_SIDE_CURSORS"] = True
else:
    # Lets config.prepared_statements prepare; Django's own cursors never do.
    options["prepare_threshold"] = 1
    # libpq ignores PGOPTIONS where options are given, so it is added here, last.
    given = options.get("options", environment.given("PGOPTIONS"))
    options["options"] = f"-c plan_cache_mode=force_generic_plan {given}"

# The modules with jobs, which only `manage.py procrastinate worker` loads.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS = [
    "config.tasks",
    "organizations.events.tasks",
    "organizations.handover.overdue",
    "organizations.invitation.delivery",
    "organizations.retention.service",
    "organizations.schedule.due",
    "organizations.scim.remove_after_days",
]
PROCRASTINATE_WORKER_DEFAULTS = {
    "concurrency": 10,  # jobs that send webhooks mostly wait
    "listen_notify": not environment.flag("PGBOUNCER"),
    "fetch_job_polling_interval": 1,  # seconds
    "shutdown_graceful_timeout": 30,
}

# The secrets of webhooks are derived from this key; if empty, from SECRET_KEY.
WEBHOOK_KEY = environment.given("WEBHOOK_KEY")
# Whether webhooks may be sent within this network, and without TLS.
WEBHOOK_ALLOW_PRIVATE = environment.flag("WEBHOOK_ALLOW_PRIVATE")

# Opens the page /metrics to whoever sends it; there is none without.
METRICS_TOKEN = environment.secret("METRICS_TOKEN")

# Counts rate limits: per process, or in Redis for all processes together.
cache = environment.cache("CACHE_URL", default="locmemcache://")
CACHES = {"default": cache}
if cache["BACKEND"].endswith(".RedisCache"):
    cache["OPTIONS"] = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}  # seconds
else:
    # By default it drops entries beyond 300: a caller with as many addresses would have no limit.
    cache["OPTIONS"] = {"MAX_ENTRIES": 100_000, **cache.get("OPTIONS", {})}

# No page takes files, and no form is longer.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024  # bytes
# The form of an erasure has a box for each text with an address: there may be thousands.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DATA_UPLOAD_MAX_NUMBER_FILES = 0
FILE_UPLOAD_HANDLERS = ["config.uploads.NoUploadHandler"]

# Messages may name people: they are kept in the browser's cookie, not in the database.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# The server that EMAIL_URL names mails invitations; with DEBUG they are printed.
email = environment.mail("EMAIL_URL")
SENDS_MAIL = DEBUG or bool(email)
EMAIL_BACKEND = f"django.core.mail.backends.{'console' if DEBUG else 'dummy'}.EmailBackend"
EMAIL_TIMEOUT = 30  # seconds, at each step
vars().update(email)
DEFAULT_FROM_EMAIL = environment.sender("EMAIL_FROM") or (
    f"no-reply@{next((name for name in ALLOWED_HOSTS if name[0] not in '.*'), 'localhost')}"
)

# How long after a removal the member can be restored; 0: not at all.
RESTORE_WINDOW_DAYS = environment.number("RESTORE_WINDOW_DAYS", default=90, most=A_CENTURY)
# How long events of former members are kept at least; None: for ever.
RETENTION_DAYS = environment.days("RETENTION_DAYS")

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend"]
PASSWORD_LOGIN = environment.flag("PASSWORD_LOGIN", default=True)
if PASSWORD_LOGIN:
    AUTHENTICATION_BACKENDS.append("django.contrib.auth.backends.ModelBackend")

# Staff log in by OpenID Connect where OIDC_ISSUER is set. mozilla-django-oidc needs the others; the
# provider supplies the rest (users/oidc/provider.py).
OIDC_ISSUER = environment.provider("OIDC_ISSUER")
OIDC_DOMAINS = environment.domains("OIDC_DOMAINS")
OIDC_RP_CLIENT_ID = OIDC_RP_CLIENT_SECRET = ""
if OIDC_ISSUER:
    OIDC_RP_CLIENT_ID = environment.required("OIDC_CLIENT_ID", example="offboard")
    OIDC_RP_CLIENT_SECRET = environment.required("OIDC_CLIENT_SECRET", example="from the provider")
    AUTHENTICATION_BACKENDS.append("users.oidc.backend.OidcBackend")
elif not PASSWORD_LOGIN:
    environment.refuse("PASSWORD_LOGIN", "is false only with OIDC_ISSUER", example="true")
elif environment.given("OIDC_CLIENT_ID"):
    environment.refuse("OIDC_ISSUER", "is missing", example="https://login.acme.example")
OIDC_RP_SIGN_ALGO = "RS256"  # which every provider has
OIDC_USE_PKCE = True
OIDC_TIMEOUT = 10  # seconds
OIDC_AUTHENTICATION_CALLBACK_URL = "oidc_callback"
LOGIN_REDIRECT_URL = "admin:index"
# After five failed logins, an address cannot log in to that account for an hour; RATE_OF_LOGINS
# limits all attempts of an address.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"  # as the login form calls the e-mail address
AXES_USERNAME_CALLABLE = "users.login.account_of"
AXES_WHITELIST_CALLABLE = "users.login.is_of_provider"
AXES_CLIENT_IP_CALLABLE = "config.client_address.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "users.login.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
# Not stored with an attempt: the page to open after login may be a search for somebody.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "next"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}"}
    for validator in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"

STATIC_URL = "static/"
STATIC_ROOT = environment.given("STATIC_ROOT", default=str(BASE_DIR / ".static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

if not DEBUG:  # with DEBUG, runserver serves static files
    MIDDLEWARE.insert(
        MIDDLEWARE.index("django.middleware.security.SecurityMiddleware") + 1,
        "whitenoise.middleware.WhiteNoiseMiddleware",
    )
    SECURE_SSL_REDIRECT = environment.flag("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = environment.number("SECURE_HSTS_SECONDS", default=365 * 24 * 3600)
    # Names below this one may not speak HTTPS, and it is hard to leave the browsers' preload list.
    SECURE_HSTS_INCLUDE_SUBDOMAINS = environment.flag("SECURE_HSTS_INCLUDE_SUBDOMAINS")
    SECURE_HSTS_PRELOAD = environment.flag("SECURE_HSTS_PRELOAD")
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # they ask for both
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
if proxies := environment.proxies():
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^scim/"]  # it refuses HTTP: a redirected PATCH arrives as a GET
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
# Pages load and run only this application's own files, and no inline scripts.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
CSRF_TRUSTED_ORIGINS = environment.origins("CSRF_TRUSTED_ORIGINS")

LOGGING_CONFIG = None
logging_config(as_json=not DEBUG)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "organizations.api.authentication.ConnectionAuthentication",
        "users.authentication.BearerTokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["config.api.permissions.IsKnown"],
    "DEFAULT_PARSER_CLASSES": ["config.api.parser.JSONObjectParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "config.api.openapi.ApiSchema",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_FILTER_BACKENDS": ["config.api.filters.StrictFilterBackend"],
    "URL_FORMAT_OVERRIDE": None,  # ?format= is an unknown parameter
    "DEFAULT_THROTTLE_CLASSES": ["config.api.throttling.AddressRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "token": environment.rate("RATE_PER_TOKEN", default="600/min"),
        "address": environment.rate("RATE_PER_ADDRESS", default="1200/min"),
        "connection": environment.rate("RATE_PER_CONNECTION", default="1500/min"),
        "directory_address": environment.rate("RATE_OF_DIRECTORIES", default="4500/min"),
        "login": environment.rate("RATE_OF_LOGINS", default="100/hour"),
        "delivery": "10/min",
        "invitation": "10/min",
    },
    "EXCEPTION_HANDLER": "config.api.envelope.exception_handler",
    # How many proxies in front add to X-Forwarded-For; 0 trusts none and counts the peer's address.
    "NUM_PROXIES": proxies,
    "DATETIME_FORMAT": TIME_FORMAT,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Offboard",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "EventType": "organizations.models.event.Event.Type",
        "WebhookEventType": "organizations.events.endpoints.EVENT_TYPES",
        "WebhookEndpointStatus": "organizations.api.webhook_endpoints.STATUSES",
        "WebhookDeliveryStatus": "organizations.models.webhook.WebhookDelivery.Status",
        "OffboardingTaskState": "organizations.models.offboarding_task.OffboardingTask.State",
    },
    "WEBHOOKS": ["organizations.api.webhook_events.SENT"],
    "SERVERS": [{"url": "/", "description": "The server that this description comes from."}],
    "TAGS": [
        {
            "name": "Users",
            "description": "Removes members, and finds, suspends, restores and changes them.",
        },
        {"name": "Scheduled removals", "description": "Removes members on a date."},
        {"name": "Removals", "description": "The records of removals."},
        {
            "name": "Hand-over",
            "description": "What a removal leaves to be done elsewhere, and who did it.",
        },
        {"name": "Audit log", "description": "The record of every change, which can be followed."},
        {"name": "Departments", "description": "What members belong to, and resources pass to."},
        {"name": "Roles", "description": "What members hold, and what it allows them to do."},
        {
            "name": "Resources",
            "description": "Registers what members and departments own, by its keys.",
        },
        {
            "name": "Connections",
            "description": "Lets programs work here, by tokens that survive whoever made them.",
        },
        {"name": "Webhooks", "description": "Sends every change to other systems."},
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "DESCRIPTION": (
        "When somebody leaves an organization, one request takes them out of it completely: every"
        " role assignment and department membership is deleted, the organization membership is"
        " soft-deleted, what they own can pass to a department or a person, and the whole either"
        " happens or does not.\n\n"
        "Every response carries `X-Request-ID`; send one of at most 64 characters of"
        " `A-Za-z0-9._~:/+=@-` to choose it. It is the `trace_id` of errors and of the record.\n\n"
        "Every error under `/v1` has the same body. Bodies are JSON objects in UTF-8 of at most"
        " 64 KiB (256 KiB where many users are removed), sent with a `Content-Length`, with each"
        " name at most once.\n\n"
        "No answer is to be stored (`Cache-Control: no-store`), errors included. `If-Match` is read"
        " by *Remove user* alone, which has a preview with an `ETag`."
    ),
}
