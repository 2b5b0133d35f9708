"""Composes the mail of an invitation, and hands it to the mail server."""

import smtplib
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string

from organizations.models import Membership

SUBJECT = "You have been added to an organization"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an attempt: the server took the mail, refused it for good, or neither."""

    is_sent: bool = False
    is_refused: bool = False
    status: int = 0  # of SMTP; 0 where there was no answer


def compose(membership: Membership, message: str) -> EmailMultiAlternatives:
    """Return the mail that tells a member, in text and HTML.

    Subject and sender are fixed, and the message of whoever invites is quoted and escaped; the name
    that they gave is left out. So nobody writes a mail of their own in this application's name.
    """
    context = {
        "organization": membership.organization,
        "lines": message.splitlines(),
    }
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    mail = EmailMultiAlternatives(
        SUBJECT,
        render_to_string("organizations/invitation.txt", context),
        to=[membership.user.email],
        headers={
            "Auto-Submitted": "auto-generated",
            # The same on every attempt.
            "Message-ID": f"<invitation.{membership.pk}@{domain}>",
        },
    )
    mail.attach_alternative(render_to_string("organizations/invitation.html", context), "text/html")
    return mail


def hand_over(mail: EmailMultiAlternatives) -> Answer:
    """Hand the mail to the server; return what became of it.

    It raises nothing of the server's, since such an error names the address. A server that lets
    nobody in says nothing about the mail: that is no refusal.
    """
    connection = get_connection()
    try:
        connection.open()
        connection.send_messages([mail])
    except smtplib.SMTPRecipientsRefused as error:
        [(status, _)] = error.recipients.values()
        return _answer_of(status)
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        return _answer_of(error.smtp_code)
    except smtplib.SMTPNotSupportedError:  # for an address with letters beyond ASCII
        return Answer(is_refused=True)
    except (smtplib.SMTPException, OSError) as error:
        return Answer(status=getattr(error, "smtp_code", 0))
    finally:
        with suppress(smtplib.SMTPException, OSError):  # what was taken, is taken
            connection.close()
    return Answer(is_sent=True, status=250)


def _answer_of(status: int) -> Answer:
    """Return the answer of a server that did not take a mail."""
    return Answer(is_refused=status >= 500, status=status)
