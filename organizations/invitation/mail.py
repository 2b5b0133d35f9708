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
    """The result of an attempt: sent, refused for good, or neither."""

    is_sent: bool = False
    is_refused: bool = False
    status: int = 0  # of SMTP; 0 where there was no answer


def compose(membership: Membership, message: str) -> EmailMultiAlternatives:
    """Return the mail for a new member, in text and HTML.

    Subject and sender are fixed, the inviter's message is quoted and escaped, and the name that the
    inviter gave is left out: nobody can write a mail of their own in this application's name.
    """
    context = {"organization": membership.organization, "lines": message.splitlines()}
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
    """Hand the mail to the server; return the result.

    Raises none of the server's errors, which name the address. An error before the mail is offered,
    such as a failed login, is no refusal of the mail.
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
        with suppress(smtplib.SMTPException, OSError):  # the result is known by now
            connection.close()
    return Answer(is_sent=True, status=250)


def _answer_of(status: int) -> Answer:
    return Answer(is_refused=status >= 500, status=status)
