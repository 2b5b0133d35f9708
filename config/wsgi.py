"""The application as a WSGI server loads it; ``config.server`` has gunicorn's settings."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created

from config.request_timeouts import limit_waiting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

connection_created.connect(limit_waiting)

# Django loads the views at the first request; that request would wait for them.
import_module("config.urls")
