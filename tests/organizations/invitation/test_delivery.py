"""The mail, as a real server takes it, refuses it, delays and dies."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Event as Signal

import pytest
from django.utils import timezone
from pytest_django import Settings
from structlog.testing import capture_logs

from organizations.invitation import delivery
from organizations.invitation.delivery import LEASE, attempt
from organizations.models import Event, Invitation, Membership
from tests.concurrency import in_background
from tests.deactivations import deactivate
from tests.organizations.invitation.mail_server import MailServer
from tests.organizations.invitation.verbs import NORA, invited, jobs
from tests.removals import remove
from tests.workers import work
from users.erasure.service import Item, erase_account
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def failures() -> list[dict[str, object]]:
    """Return the data of the events about invitations that failed."""
    events = Event.objects.filter(type=Event.Type.INVITATION_FAILED)
    return list(events.values_list("data", flat=True))


def test_the_mail_tells_the_member_in_text_and_html(owner: Membership, server: MailServer) -> None:
    organization = owner.organization
    organization.name = "Acme <b>"
    organization.save()
    member = invited(
        owner, full_name="Pay at http://evil.example", custom_message="Welcome <i>\nSubject: x"
    )

    work("mail")

    [mail] = server.mails
    assert mail["Subject"] == "You have been added to an organization"
    assert mail["To"] == NORA
    assert mail["From"] == "no-reply@localhost"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == f"<invitation.{member.pk}@localhost>"
    text, html = (part.get_content().replace("\r", "") for part in mail.iter_parts())
    assert "Hello,\n\nyou are now a member of Acme <b>." in text
    assert "> Welcome <i>\n> Subject: x\n" in text
    assert "Acme &lt;b&gt;" in html
    assert "evil" not in text + html
    assert "Welcome &lt;i&gt;<br>Subject: x<br>" in html


def test_a_250_ends_it_and_is_when_they_were_invited(owner: Membership, server: MailServer) -> None:
    member = invited(owner)

    with capture_logs() as logged:
        assert attempt(member.pk, "") is None
        assert attempt(member.pk, "") is None

    [line] = logged  # with ids, and no address
    assert (line["event"], line["user_id"], line["attempt"]) == (
        "invitation_mail",
        member.user_id,
        1,
    )
    assert NORA not in str(line)
    member.refresh_from_db()
    assert member.invited_at
    assert len(server.mails) == 1
    assert failures() == []


def test_a_server_that_dies_after_the_250_has_the_mail(
    owner: Membership, server: MailServer
) -> None:
    server.dies_at = "QUIT"
    member = invited(owner)

    assert attempt(member.pk, "") is None

    member.refresh_from_db()
    assert member.invited_at
    assert len(server.mails) == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_5xx_ends_it_with_an_event(owner: Membership, server: MailServer, command: str) -> None:
    server.answers[command] = "550 No such mailbox"
    member = invited(owner)

    assert attempt(member.pk, "") is None
    assert attempt(member.pk, "") is None

    assert server.attempts == 1
    assert failures() == [{"cause": "refused", "smtp_status": 550}]
    member.refresh_from_db()
    assert member.invited_at is None


@pytest.mark.parametrize(
    ("fault", "command"),
    [
        *(("451", command) for command in ("MAIL", "RCPT", "DATA")),
        *(("lost", command) for command in ("EHLO", "MAIL", "RCPT", "DATA")),
    ],
)
def test_4xx_and_a_lost_connection_are_tried_again(
    owner: Membership, server: MailServer, fault: str, command: str
) -> None:
    if fault == "lost":
        server.dies_at = command
    else:
        server.answers[command] = "451 Later"
    member = invited(owner)

    assert attempt(member.pk, "")
    server.dies_at = ""
    server.answers.clear()
    assert attempt(member.pk, "") is None

    assert len(server.mails) == 1
    assert failures() == []


def test_a_server_that_does_not_answer_in_time_is_tried_again(
    owner: Membership, server: MailServer, settings: Settings
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    server.waits = Signal()
    member = invited(owner)
    try:
        assert attempt(member.pk, "")
    finally:
        server.waits.set()


def test_no_server_at_all_is_tried_again(
    owner: Membership, server: MailServer, settings: Settings
) -> None:
    settings.EMAIL_PORT = 1

    assert attempt(invited(owner).pk, "")


def test_it_is_tried_for_a_day_by_the_worker_and_then_given_up(
    owner: Membership, server: MailServer
) -> None:
    server.answers["DATA"] = "451 Later"
    member = invited(owner)
    work("mail")
    Invitation.objects.update(created_at=timezone.now() - timedelta(days=1))

    work("mail", until=timezone.now() + timedelta(minutes=2))

    assert server.attempts == 2
    assert failures() == [{"cause": "given_up", "smtp_status": 451}]
    event = Event.objects.get(type=Event.Type.INVITATION_FAILED)
    assert (event.user_id, event.actor, event.organization) == (
        member.user_id,
        None,
        owner.organization,
    )


def test_the_waits_grow_to_an_hour(owner: Membership, server: MailServer) -> None:
    server.answers["DATA"] = "451 Later"
    member = invited(owner)

    waits = []
    for _ in range(7):
        before = timezone.now()
        at = attempt(member.pk, "")
        assert at
        waits.append(round((at - before).total_seconds() / 60))

    assert waits == [1, 5, 15, 30, 60, 60, 60]


def is_erased(member: Membership) -> None:
    remove(member)
    erase_account(member.user_id, actor=None)


def gets_another_address(member: Membership) -> None:
    account = User.objects.get(pk=member.user_id)
    account.email = "other@acme.example"
    account.save()


def is_disabled(member: Membership) -> None:
    User.objects.filter(pk=member.user_id).update(is_active=False)


@pytest.mark.parametrize(
    "change",
    [remove, deactivate, is_erased, gets_another_address, is_disabled],
    ids=lambda change: change.__name__,
)
def test_who_is_no_longer_who_was_invited_is_sent_nothing(
    owner: Membership, server: MailServer, change: Callable[[Membership], object]
) -> None:
    member = invited(owner)
    change(member)

    assert attempt(member.pk, "") is None

    assert server.attempts == 0
    assert failures() == []


@pytest.mark.parametrize("is_sent", [False, True])
def test_an_erasure_empties_the_message_that_invited_the_person_and_no_other(
    owner: Membership, server: MailServer, is_sent: bool
) -> None:
    member = invited(owner, custom_message="Welcome, Nora!")
    other = invited(owner, "max@acme.example", custom_message="Welcome, Max!")
    if is_sent:
        work("mail")
    remove(member)

    receipt = erase_account(member.user_id, actor=None)

    messages = {job["membership_id"]: job["message"] for job in jobs()}
    assert messages == {member.pk: "", other.pk: "Welcome, Max!"}
    assert Item("messages of invitations", 1) in receipt.emptied


def test_a_worker_killed_between_the_mail_and_its_record_sends_it_no_second_time(
    owner: Membership, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = invited(owner)
    with monkeypatch.context() as patch:

        def killed(*_: object) -> None:
            raise SystemExit

        patch.setattr(delivery, "_record", killed)
        with pytest.raises(SystemExit):
            attempt(member.pk, "")
    assert len(server.mails) == 1

    assert attempt(member.pk, "")  # another may have it in hand
    Invitation.objects.update(attempted_at=timezone.now() - LEASE)
    assert attempt(member.pk, "") is None

    assert len(server.mails) == 1
    assert failures() == [{"cause": "unknown", "smtp_status": 0}]


def test_of_two_workers_one_sends_it(owner: Membership, server: MailServer) -> None:
    server.waits = Signal()
    member = invited(owner)
    with in_background(partial(attempt, member.pk, "")) as first:
        assert server.has_mail.wait(20)
        assert attempt(member.pk, "")
        server.waits.set()
        assert first.result() is None

    assert len(server.mails) == 1


@pytest.mark.parametrize("answer", ["250 OK", "550 No nora@acme.example", "451 nora@acme.example"])
def test_no_line_of_the_log_has_an_address(
    owner: Membership, server: MailServer, capfd: pytest.CaptureFixture[str], answer: str
) -> None:
    server.answers["DATA"] = answer
    invited(owner, custom_message="call max@acme.example")

    work("mail")

    assert "@acme.example" not in "".join(capfd.readouterr())
