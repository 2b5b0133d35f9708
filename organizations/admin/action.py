"""An action on selected rows, which staff confirm on a page that shows what it would do."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from config.admin.large_tables import LargeTableAdmin
from config.admin.links import address_of, address_of_list
from config.errors import ContractError
from config.retries import retried
from organizations.admin.confirmation import confirmation_page
from organizations.admin.forms import TargetsForm
from organizations.admin.selection import Selection, too_much
from organizations.guards.acts import Act
from organizations.guards.caller import Staff
from organizations.models import Membership, Organization, Resource

Row = TypeVar("Row", bound=Membership | Resource)
Grouped = Mapping[Organization, Sequence[Row]]

SHOWN = 100  # rows that each list on a page shows
NAMED = 10  # refused rows that the messages name


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Row]):
    """What became of one row: it was done, or refused for a reason."""

    row: Row
    refusal: ContractError | None = None
    resource_count: int = 0  # those that passed on


class ConfirmedAction(ABC, Generic[Row]):
    """An action on rows of any organizations, from their selection to the report.

    The list's menu, or a link on a row's own page, stores a selection. The confirmation page groups
    it by organization and asks with a form. Once that is valid, each organization's rows are done
    in batches, each in one transaction with its entries in the admin's log; then staff are told.
    A subclass names its service in `perform`; it checks no rule that the service checks.
    """

    name: str  # in the list's menu and in addresses
    act: Act  # what it takes
    description = ""  # in the list's menu, if it is offered there
    link = ""  # on a row's page, if it is offered there
    is_dangerous = False
    title: str  # of the confirmation page, for many and for one
    title_of_one = ""
    template: str  # of the confirmation page
    form_class: type[TargetsForm] = TargetsForm
    has_targets = True  # whether the form asks who takes over
    batch_size = 1000
    done: str  # the past participle, in messages
    none_selected: str
    too_many_selected = "Select fewer."
    log_flag = CHANGE
    log_message: str
    related: tuple[str, ...] = ("organization",)

    def __init__(self, model_admin: admin.ModelAdmin[Row]) -> None:
        self.admin = model_admin
        self.rows: QuerySet[Row] = QuerySet(model_admin.model)

    @abstractmethod
    def applicable(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """Return those of the rows to which the action applies in their present state."""

    @abstractmethod
    def context(
        self, request: HttpRequest, selection: Selection, rows: Grouped[Row], form: TargetsForm
    ) -> dict[str, Any]:
        """Return what the confirmation page shows of these rows."""

    @abstractmethod
    def perform(
        self, organization: Organization, rows: Sequence[Row], form: TargetsForm, caller: Staff
    ) -> list[Outcome[Row]]:
        """Call the service for rows of one organization; return what became of them."""

    def is_permitted(self, request: HttpRequest) -> bool:
        """Return whether the user may take the action."""
        return self.act.is_staffs(request.user)

    def is_offered(self, request: HttpRequest, row: Row) -> bool:
        """Return whether the row's own page has a link to the action."""
        return (
            bool(self.link)
            and self.is_permitted(request)
            and self.applicable(self.selected([row.pk])).exists()
        )

    @property
    def urls(self) -> list[URLPattern]:
        """Return the addresses of the link on a row's page and of the confirmation page."""
        view, name = self.admin.admin_site.admin_view, self._url_name
        return [
            path(f"<str:object_id>/{self.name}/", view(self.select_one), name=f"{name}_of_one"),
            path(f"{self.name}/<str:key>/", view(self.confirm), name=name),
        ]

    def from_list(
        self, model_admin: admin.ModelAdmin[Row], request: HttpRequest, rows: QuerySet[Row]
    ) -> HttpResponse | None:
        """Take the selection of a list; Django calls this."""
        return self.select(request, rows)

    def select(self, request: HttpRequest, rows: QuerySet[Row]) -> HttpResponse | None:
        """Store the selection and lead to the confirmation; on a wrong one, say so and stay."""
        self.require_permission(request)
        chosen = self.applicable(rows)
        if problem := too_much(chosen):
            self.admin.message_user(request, f"{problem} {self.too_many_selected}", messages.ERROR)
            return None
        ids = list(chosen.values_list("pk", flat=True))
        if not ids:
            self.admin.message_user(request, self.none_selected, messages.WARNING)
            return None
        return redirect(f"admin:{self._url_name}", Selection.of(ids, request.session).key)

    def select_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Store a selection of one row; on its page again, say why the action does not apply."""
        selected = self.selected([object_id])
        return self.select(request, selected) or redirect(self._row_page(object_id))

    def confirm(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show what the action would do to the selected rows; once confirmed, do it and report."""
        self.require_permission(request)
        selection = Selection.find(key, request.session)
        if selection is None:
            return self.lead_back(request)
        rows = self._by_organization(selection.ids)
        form = self.form_class(
            rows if self.has_targets else (),
            self.admin.admin_site,
            request.POST or None,
            leaving=self.leaving(selection),
            types=self.types(rows) if self.has_targets else None,
        )
        if not rows:  # sent twice, or others were faster
            return self.report(request, selection, form, [])
        if form.is_valid():
            return self.chosen_by(form)._do(request, selection, rows, form)
        return confirmation_page(
            self.admin,
            request,
            self.template,
            title=self._title_of(rows),
            form=form,
            action=self,
            back=self._back(selection),
            **self.context(request, selection, rows, form),
        )

    def _title_of(self, rows: Grouped[Row]) -> str:
        """Return the title of the confirmation page, which names a single person."""
        [(organization, its_rows), *others] = rows.items()
        if others or len(its_rows) > 1 or not isinstance(row := its_rows[0], Membership):
            return self.title
        return self.title_of_one.format(person=row.user.name, organization=organization)

    def types(self, rows: Grouped[Row]) -> dict[Organization, list[str]]:
        """Return the types of resources, by organization, that can have targets of their own."""
        return {}

    def leaving(self, selection: Selection) -> Iterable[int | str]:
        """Return the ids of the memberships that cannot take over: those that were selected."""
        return selection.ids

    def chosen_by(self, form: TargetsForm) -> "ConfirmedAction[Row]":
        """Return the action that the valid form asks for."""
        return self

    def _do(
        self, request: HttpRequest, selection: Selection, rows: Grouped[Row], form: TargetsForm
    ) -> HttpResponse:
        """Do the rows of each organization in batches, and report."""
        caller = Staff.at(request, reason=form.cleaned_data["reason"])
        outcomes: list[Outcome[Row]] = []
        for organization, its_rows in rows.items():
            for batch in self._in_batches(its_rows):
                done = self._perform_and_log(organization, batch, form, caller)
                for outcome in done:
                    selection.note(outcome.row.pk, outcome.refusal)
                selection.save(request.session)  # what is done stays, if a later batch fails
                outcomes += done
        return self.report(request, selection, form, outcomes)

    @retried
    @transaction.atomic
    def _perform_and_log(
        self, organization: Organization, rows: Sequence[Row], form: TargetsForm, caller: Staff
    ) -> list[Outcome[Row]]:
        """Perform the action on a batch and write the admin's log, in one transaction."""
        outcomes = self.perform(organization, rows, form, caller)
        done = [outcome.row for outcome in outcomes if not outcome.refusal]
        LogEntry.objects.log_actions(
            caller.actor.pk,
            self.logged(done),
            self.log_flag,
            f"{self.log_text(organization, form)}, request {caller.trace_id}.",
        )
        return outcomes

    def log_text(self, organization: Organization, form: TargetsForm) -> str:
        """Return what the admin's log says was done in an organization."""
        return self.log_message

    def logged(self, done: Sequence[Row]) -> Iterable[Model]:
        """Return what the admin's log names.

        It is read behind the service's locks: an erasure that was waited for leaves no name.
        """
        return self.selected([row.pk for row in done]).select_related(*self.related)

    def report(
        self,
        request: HttpRequest,
        selection: Selection,
        form: TargetsForm,
        outcomes: Sequence[Outcome[Row]],
    ) -> HttpResponse:
        """Return to the row or the list, with messages on what was done and what was refused."""
        done = [outcome for outcome in outcomes if not outcome.refusal]
        refused = [outcome for outcome in outcomes if outcome.refusal]
        tell = partial(self.admin.message_user, request)
        for message in self.summary(done, form) if done else ():
            tell(message)
        if not outcomes:
            tell(f"None was {self.done}: the state changed meanwhile.", messages.WARNING)
        for outcome in refused[:NAMED]:
            tell(f"{outcome.row} was not {self.done}. {outcome.refusal}", messages.ERROR)
        if (more := len(refused) - NAMED) > 0:
            tell(f"{more:,} more were not {self.done}.", messages.ERROR)
        if len(selection.ids) == 1 and done:
            return redirect(self._row_page(done[0].row.pk))  # a restored member has a new page
        return redirect(self._back(selection))

    @abstractmethod
    def summary(self, done: Sequence[Outcome[Row]], form: TargetsForm) -> Iterable[str]:
        """Yield the messages on what was done, which is not nothing."""

    def lead_back(self, request: HttpRequest) -> HttpResponse:
        """Return to the list from a page whose selection is no longer in the session."""
        messages.warning(request, "That selection is gone. Please select again.")
        return redirect(self._changelist)

    def require_permission(self, request: HttpRequest) -> None:
        """Raise PermissionDenied unless the user may take the action."""
        if not self.is_permitted(request):
            raise PermissionDenied

    def selected(self, ids: Iterable[object]) -> QuerySet[Row]:
        """Return the rows with these primary keys."""
        return self.rows.filter(pk__in=ids)

    def _by_organization(self, ids: Iterable[object]) -> dict[Organization, list[Row]]:
        """Return the rows to which the action applies, newest first, by organization's name."""
        rows: dict[Organization, list[Row]] = {}
        for row in (
            self.applicable(self.selected(ids))
            .select_related(*self.related)
            .order_by("organization__name", "organization", "-pk")
        ):
            rows.setdefault(row.organization, []).append(row)
        return rows

    def _in_batches(self, rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
        for start in range(0, len(rows), self.batch_size):
            yield rows[start : start + self.batch_size]

    @property
    def url_of_one(self) -> str:
        """Return the name of the address that a row's page links to."""
        return f"admin:{self._url_name}_of_one"

    @property
    def _url_name(self) -> str:
        return f"{self.admin.opts.app_label}_{self.admin.opts.model_name}_{self.name}"

    @property
    def _changelist(self) -> str:
        return address_of_list(self.admin.model)

    def _row_page(self, object_id: int | str) -> str:
        return address_of(self.admin.model(pk=object_id))

    def _back(self, selection: Selection) -> str:
        """Return the address of the one row that was selected, or of the list."""
        ids = selection.ids
        return self._row_page(ids[0]) if len(ids) == 1 else self._changelist


class ConfirmedActionsAdmin(LargeTableAdmin[Row]):
    """The part of a model's admin that offers confirmed actions in its list and on its pages."""

    confirmed_actions: tuple[type[ConfirmedAction[Row]], ...]

    def __init__(self, model: type[Row], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.confirmed = [action(self) for action in self.confirmed_actions]

    def get_urls(self) -> list[URLPattern]:
        return [*(url for action in self.confirmed for url in action.urls), *super().get_urls()]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        if IS_POPUP_VAR in request.GET:
            return {}
        return super().get_actions(request) | {
            action.name: (action.from_list, action.name, action.description)
            for action in self.confirmed
            if action.description and action.is_permitted(request)
        }

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        row: Row | None = context.get("original")
        context["offered_actions"] = [
            action for action in self.confirmed if row and action.is_offered(request, row)
        ]
        return super().render_change_form(request, context, *args, **options)
