"""The WSGI application; ``config.server`` has gunicorn's settings."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created

from config.request_timeouts import limit_waiting
from config.serving import will_serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

connection_created.connect(limit_waiting)

# Loads the views now; Django would do so during the first request.
import_module("config.urls")

will_serve.send(sender=None)
