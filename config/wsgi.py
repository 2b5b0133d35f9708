"""The application as a WSGI server loads it; ``config.server`` has gunicorn's settings."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# Django loads the views at the first request; that request would wait for them.
import_module("config.urls")
