"""Defers jobs in the transaction of the change that they follow."""

from procrastinate import App
from procrastinate.contrib.django.django_connector import DjangoConnector

# Defers by Django's connection in a worker, too, whose own app has connections of its own: no job
# is there before the change that it follows, or without it.
in_transaction = App(connector=DjangoConnector())
