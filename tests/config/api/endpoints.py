"""Endpoints as somebody may add them tomorrow, with the frameworks' ordinary means."""

from collections.abc import Callable

import django_filters
from django.core import exceptions as django_exceptions
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django_filters.rest_framework import BooleanFilter, CharFilter
from rest_framework import exceptions, serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api.filters import PeriodFilterSet
from config.api.pagination import IdPagination
from organizations.models import Organization
from users.api_view import ApiView


class ConflictError(exceptions.APIException):
    """As REST framework's documentation shows how to make one."""

    status_code = 409
    default_detail = "Somebody was faster."


class AwayError(exceptions.APIException):
    status_code = 503
    default_detail = "the secret host is away"


class UnheardOfError(exceptions.APIException):
    status_code = 499


RAISED: dict[str, Callable[[], Exception]] = {
    "not-authenticated": exceptions.NotAuthenticated,
    "authentication-failed": exceptions.AuthenticationFailed,
    "permission-denied": lambda: exceptions.PermissionDenied("The archive is closed."),
    "django-permission-denied": lambda: django_exceptions.PermissionDenied("secret"),
    "not-found": exceptions.NotFound,
    "http404": lambda: Http404("secret"),
    "parse-error": exceptions.ParseError,
    "bad-request": lambda: django_exceptions.BadRequest("secret"),
    "suspicious": lambda: django_exceptions.SuspiciousOperation("secret"),
    "too-big": lambda: django_exceptions.RequestDataTooBig("secret"),
    "throttled": lambda: exceptions.Throttled(wait=7),
    "invalid": lambda: exceptions.ValidationError("The two do not fit."),
    "invalid-items": lambda: exceptions.ValidationError(
        {"ids": {"0": ["Must be a string."], "7": ["Must be a string."]}}
    ),
    "conflict": ConflictError,
    "unheard-of": UnheardOfError,
    "away": AwayError,
    "nothing-known": lambda: exceptions.APIException("secret"),
}


class RaisingView(APIView):
    """A plain view of REST framework, with what the settings give it."""

    def get(self, request: Request, name: str) -> Response:
        raise RAISED[name]()


class PermissionView(ApiView):
    """A view that a permission class closes."""

    def get(self, request: Request) -> Response:
        self.permission_denied(request, message="Not on Sundays.")


class AnsweringView(APIView):
    """A view that answers an error instead of raising it."""

    def get(self, request: Request) -> Response:
        return Response({"detail": "Somebody was faster."}, status=409)


def raising_page(request: HttpRequest, name: str) -> HttpResponse:
    """Raise, as a plain view of Django."""
    raise RAISED[name]()


def answering_page(request: HttpRequest, status: int) -> HttpResponseBase:
    """Answer an error in JSON of one's own."""
    return JsonResponse({"oops": True}, status=status, headers={"X-Own": "kept"})


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    class Meta:
        model = Organization
        fields = ("id", "name")


class OrganizationFilterSet(PeriodFilterSet):
    name = CharFilter()
    kind = django_filters.MultipleChoiceFilter(
        field_name="name", choices=[("North", "North"), ("South", "South")], distinct=False
    )
    named = BooleanFilter(field_name="name", lookup_expr="isnull", exclude=True)


class ShortPagination(IdPagination):
    max_total = 5


class NewestOrganizationList(ApiView, ListAPIView[Organization]):
    """A list by pages, the newest first."""

    queryset = Organization.objects.order_by("-pk")
    serializer_class = OrganizationSerializer
    pagination_class: type[IdPagination] = ShortPagination


class OrganizationList(NewestOrganizationList):
    """A list by pages, with filters."""

    queryset = Organization.objects.order_by("pk")
    pagination_class = IdPagination
    filterset_class = OrganizationFilterSet


urlpatterns = [
    path("v1/raises/<str:name>", RaisingView.as_view()),
    path("v1/closed", PermissionView.as_view()),
    path("v1/answers", AnsweringView.as_view()),
    path("v1/page-raises/<str:name>", raising_page),
    path("v1/page-answers/<int:status>", answering_page),
    path("v1/organizations", OrganizationList.as_view()),
    path("v1/newest", NewestOrganizationList.as_view()),
]
