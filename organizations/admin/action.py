"""An action on selected rows, which staff confirm on a page that previews its effect."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from config.admin.large_tables import LargeTableAdmin
from config.admin.links import address_of, address_of_list
from config.admin.pages import page
from config.errors import ContractError
from config.retries import retried
from organizations.admin.forms import TargetsForm
from organizations.admin.selection import Selection, too_much
from organizations.guards.acts import Act
from organizations.guards.caller import Staff
from organizations.models import Membership, Organization, Resource

Row = TypeVar("Row", bound=Membership | Resource)
Step = Callable[[Any, str], HttpResponse]  # of an instance, with a key from the address

SHOWN = 100  # rows that each list on a page shows
NAMED = 10  # refused rows that the messages name


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Row]):
    """The outcome of the action for one row: done, or refused for a reason."""

    row: Row
    refusal: ContractError | None = None
    resource_count: int = 0  # those that passed on


class ConfirmedAction(ABC, Generic[Row]):
    """One request of an action on rows of any organizations, from the selection to the report.

    The list's menu, or a link on a row's own page, stores a selection. The confirmation page groups
    it by organization and asks with a form. Once that is valid, each organization's rows are done
    in batches, each in one transaction with its entries in the admin's log; then staff read the
    outcome. A subclass calls its service in `perform`; it checks no rule that the service checks.
    """

    name: str  # in the list's menu and in addresses
    act: Act  # what it takes
    description = ""  # in the list's menu; none without it
    link = ""  # on a row's page; none without it
    is_dangerous = False
    title: str  # of the confirmation page, for many and for one
    title_of_one = ""
    template: str  # of the confirmation page
    form_class: type[TargetsForm] = TargetsForm
    has_targets = True  # whether the form asks who takes over
    batch_size = 1000
    done: str  # the past participle, in messages
    none_selected: str
    overtaken = "the state changed meanwhile"  # why none was done, if none is refused
    too_many_selected = "Select fewer."
    log_flag = CHANGE
    log_message: str
    related: tuple[str, ...] = ("organization",)

    # Set by `confirm`.
    selection: Selection
    rows: Mapping[Organization, Sequence[Row]]
    form: TargetsForm
    caller: Staff

    def __init__(self, model_admin: admin.ModelAdmin[Row], request: HttpRequest) -> None:
        self.admin, self.request = model_admin, request

    @abstractmethod
    def applicable(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """Return the rows whose present state allows the action."""

    @abstractmethod
    def context(self) -> dict[str, Any]:
        """Return what the confirmation page shows of the rows."""

    @abstractmethod
    def perform(self, organization: Organization, rows: Sequence[Row]) -> list[Outcome[Row]]:
        """Call the service for rows of one organization; return the outcome of each."""

    @abstractmethod
    def summary(self, done: Sequence[Outcome[Row]]) -> Iterable[str]:
        """Yield the messages on what was done, which is at least one row."""

    def is_permitted(self) -> bool:
        """Return whether the user may take the action."""
        return self.act.is_staffs(self.request.user)

    def is_offered(self, row: Row) -> bool:
        """Return whether the page of this row has a link to the action, if it is permitted."""
        return bool(self.link) and self.applicable(self.selected([row.pk])).exists()

    @classmethod
    def urls(cls, model_admin: admin.ModelAdmin[Row]) -> list[URLPattern]:
        """Return the addresses of the link on a row's page and of the confirmation page."""
        view, name = partial(cls.view, model_admin), cls.url_name(model_admin)
        return [
            path(f"<str:key>/{cls.name}/", view(cls.select_one), name=f"{name}_of_one"),
            path(f"{cls.name}/<str:key>/", view(cls.confirm), name=name),
        ]

    @classmethod
    def view(cls, model_admin: admin.ModelAdmin[Row], step: Step) -> Any:
        """Return a view that takes a step of the action, on a new instance for each request."""

        def take(request: HttpRequest, key: str) -> HttpResponse:
            return step(cls(model_admin, request), key)

        return model_admin.admin_site.admin_view(take)

    @classmethod
    def from_list(
        cls, model_admin: admin.ModelAdmin[Row], request: HttpRequest, rows: QuerySet[Row]
    ) -> HttpResponse | None:
        """Take the selection of a list; Django calls this."""
        return cls(model_admin, request).select(rows)

    def select(self, rows: QuerySet[Row]) -> HttpResponse | None:
        """Store the selection and lead to the confirmation; on a wrong one, say so and stay."""
        self.require_permission()
        chosen = self.applicable(rows)
        if problem := too_much(chosen):
            self.tell(f"{problem} {self.too_many_selected}", messages.ERROR)
            return None
        ids = list(chosen.values_list("pk", flat=True))
        if not ids:
            self.tell(self.none_selected, messages.WARNING)
            return None
        selection = Selection.of(ids, self.request.session)
        return redirect(f"admin:{self.url_name(self.admin)}", selection.key)

    def select_one(self, row_id: str) -> HttpResponse:
        """Store a selection of one row; on its page again, say why the action does not apply.

        Raises PermissionDenied, and Http404 for no row.
        """
        self.require_permission()
        row = self.admin.get_object(self.request, row_id)
        if row is None:
            raise Http404
        return self.select(self.selected([row.pk])) or redirect(self._row_page(row.pk))

    def confirm(self, key: str) -> HttpResponse:
        """Show what the action would do to the selected rows; once confirmed, do it and report."""
        self.require_permission()
        selection = Selection.find(key, self.request.session)
        if selection is None:
            return self.lead_back()
        self.selection = selection
        self.rows = self._by_organization()
        self.form = self.form_class(
            self.types() if self.has_targets else {},
            self.admin.admin_site,
            self.request.POST or None,
            leaving=self.leaving(),
        )
        if not self.rows:  # sent twice, or others were faster
            return self.report([])
        if self.form.is_valid():
            reason = self.form.cleaned_data["reason"]
            self.caller = Staff.at(self.request, reason=reason)
            return self.chosen()._do()
        self.caller = Staff.at(self.request)
        return page(
            self.admin,
            self.request,
            f"organizations/{self.template}",
            title=self._title(),
            form=self.form,
            action=self,
            back=self._back,
            **self.context(),
        )

    def _title(self) -> str:
        """Return the title of the confirmation page, which names a single person."""
        [(organization, its_rows), *others] = self.rows.items()
        if others or len(its_rows) > 1 or not isinstance(row := its_rows[0], Membership):
            return self.title
        return self.title_of_one.format(person=row.user.name, organization=organization)

    def types(self) -> dict[Organization, list[str]]:
        """Return the types of resources, by organization, that can have targets of their own."""
        return {organization: [] for organization in self.rows}

    def leaving(self) -> Iterable[int | str]:
        """Return the ids of the memberships that cannot take over: those that were selected."""
        return self.selection.ids

    def chosen(self) -> "ConfirmedAction[Row]":
        """Return the action that the valid form asks for."""
        return self

    def _do(self) -> HttpResponse:
        """Do the rows of each organization in batches, and report.

        Raises the ContractError of a batch before which nothing was done.
        """
        outcomes: list[Outcome[Row]] = []
        for organization, its_rows in self.rows.items():
            for start in range(0, len(its_rows), self.batch_size):
                batch = its_rows[start : start + self.batch_size]
                try:
                    done = self._perform_and_log(organization, batch)
                except ContractError as refusal:
                    if all(outcome.refusal for outcome in outcomes):
                        raise
                    done = [Outcome(row, refusal) for row in batch]
                for outcome in done:
                    self.selection.note(outcome.row.pk, outcome.refusal)
                self.selection.save(self.request.session)  # it stays, if a later batch fails
                outcomes += done
        return self.report(outcomes)

    @retried
    @transaction.atomic
    def _perform_and_log(
        self, organization: Organization, rows: Sequence[Row]
    ) -> list[Outcome[Row]]:
        """Perform the action on a batch and write the admin's log, in one transaction."""
        outcomes = self.perform(organization, rows)
        done = [outcome.row for outcome in outcomes if not outcome.refusal]
        LogEntry.objects.log_actions(
            self.caller.actor.pk,
            self.logged(done),
            self.log_flag,
            f"{self.log_text(organization)}, request {self.caller.trace_id}.",
        )
        return outcomes

    def log_text(self, organization: Organization) -> str:
        """Return what the admin's log says was done in an organization."""
        return self.log_message

    def logged(self, done: Sequence[Row]) -> Iterable[Model]:
        """Return what the admin's log names.

        It is read behind the service's locks, so that an erasure in between leaves no name here.
        """
        return self.selected([row.pk for row in done]).select_related(*self.related)

    def report(self, outcomes: Sequence[Outcome[Row]]) -> HttpResponse:
        """Return to the row or the list, with messages on what was done and what was refused."""
        done = [outcome for outcome in outcomes if not outcome.refusal]
        refused = [outcome for outcome in outcomes if outcome.refusal]
        for message in self.summary(done) if done else ():
            self.tell(message)
        if not outcomes:
            self.tell(f"None was {self.done}: {self.overtaken}.", messages.WARNING)
        for outcome in refused[:NAMED]:
            self.tell(f"{outcome.row} was not {self.done}. {outcome.refusal}", messages.ERROR)
        if (more := len(refused) - NAMED) > 0:
            self.tell(f"{more:,} more were not {self.done}.", messages.ERROR)
        if len(self.selection.ids) == 1 and done:
            return redirect(self._row_page(done[0].row.pk))  # a restored member has a new page
        return redirect(self._back)

    def lead_back(self) -> HttpResponse:
        """Return to the list from a page whose selection is no longer in the session."""
        self.tell("That selection is gone. Please select again.", messages.WARNING)
        return redirect(address_of_list(self.admin.model))

    def tell(self, message: str, level: int = messages.INFO) -> None:
        """Show a message on the next page."""
        self.admin.message_user(self.request, message, level)

    def require_permission(self) -> None:
        """Raise PermissionDenied unless the user may take the action."""
        if not self.is_permitted():
            raise PermissionDenied

    def selected(self, ids: Iterable[object]) -> QuerySet[Row]:
        """Return the rows with these primary keys."""
        rows: QuerySet[Row] = QuerySet(self.admin.model)
        return rows.filter(pk__in=ids)

    def _by_organization(self) -> dict[Organization, list[Row]]:
        """Return the rows to which the action applies, newest first, by organization's name."""
        rows: dict[Organization, list[Row]] = {}
        for row in (
            self.applicable(self.selected(self.selection.ids))
            .select_related(*self.related)
            .order_by("organization__name", "organization", "-pk")
        ):
            rows.setdefault(row.organization, []).append(row)
        return rows

    @classmethod
    def url_name(cls, model_admin: admin.ModelAdmin[Row]) -> str:
        """Return the name of the confirmation page's address."""
        return f"{model_admin.opts.app_label}_{model_admin.opts.model_name}_{cls.name}"

    def _row_page(self, row_id: int | str) -> str:
        return address_of(self.admin.model(pk=row_id))

    @property
    def _back(self) -> str:
        """Return the address of the one row that was selected, or of the list."""
        ids = self.selection.ids
        return self._row_page(ids[0]) if len(ids) == 1 else address_of_list(self.admin.model)


class ConfirmedActionsAdmin(LargeTableAdmin[Row]):
    """The part of a model's admin that offers confirmed actions in its list and on its pages."""

    confirmed_actions: tuple[type[ConfirmedAction[Row]], ...]

    def get_urls(self) -> list[URLPattern]:
        urls = [url for action in self.confirmed_actions for url in action.urls(self)]
        return [*urls, *super().get_urls()]

    def _permitted_actions(self, request: HttpRequest) -> list[ConfirmedAction[Row]]:
        actions = [action(self, request) for action in self.confirmed_actions]
        return [action for action in actions if action.is_permitted()]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        if IS_POPUP_VAR in request.GET:
            return {}
        return super().get_actions(request) | {
            action.name: (action.from_list, action.name, action.description)
            for action in self._permitted_actions(request)
            if action.description
        }

    def object_tools(self, request: HttpRequest, row: Row) -> Iterator[tuple[str, str, bool]]:
        for action in self._permitted_actions(request):
            if action.is_offered(row):
                address = reverse(f"admin:{action.url_name(self)}_of_one", args=[row.pk])
                text = action.link.format(organization=row.organization)
                yield address, text, action.is_dangerous
