"""The ASGI application, for servers that need one, with the same time limits as by WSGI."""

import os

from django.core.asgi import get_asgi_application

from config.serving import prepare_to_serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_asgi_application()
prepare_to_serve()
