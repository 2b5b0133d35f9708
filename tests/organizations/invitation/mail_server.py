"""A mail server on the loopback that takes mails, refuses them, delays and dies."""

import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from threading import Event
from typing import Any

from aiosmtpd.controller import Controller
from django.test import override_settings

from tests.processes import free_port


@dataclass
class MailServer:
    """What a server answers, by the command of SMTP, and the mails that it took."""

    answers: dict[str, str] = field(default_factory=dict)
    dies_at: str = ""  # at which command it closes the connection
    waits: Event | None = None  # for what it waits before it answers a mail
    mails: list[EmailMessage] = field(default_factory=list)
    attempts: int = 0
    has_mail: Event = field(default_factory=Event)  # whether one has come, taken or not

    async def handle_EHLO(  # noqa: N802 (as aiosmtpd calls it)
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [self._answer(server, "EHLO", "250 HELP")]

    async def handle_MAIL(  # noqa: N802 (as aiosmtpd calls it)
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.attempts += 1
        envelope.mail_from = address
        return self._answer(server, "MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802 (as aiosmtpd calls it)
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        answer = self._answer(server, "RCPT", "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 (as aiosmtpd calls it)
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        self.has_mail.set()
        if self.waits:
            self.waits.wait(20)
        answer = self._answer(server, "DATA", "250 OK")
        if answer.startswith("2") and self.dies_at != "DATA":
            policy = email.policy.default
            self.mails.append(email.message_from_bytes(envelope.content, policy=policy))
        return answer

    async def handle_QUIT(  # noqa: N802 (as aiosmtpd calls it)
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        return self._answer(server, "QUIT", "221 Bye")

    def _answer(self, server: Any, command: str, usual: str) -> str:
        if self.dies_at == command:
            server.transport.abort()
        return self.answers.get(command, usual)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server, which the settings name, in this block."""
    server = MailServer()
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        with override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=controller.port,
            EMAIL_TIMEOUT=5,
            SENDS_MAIL=True,
        ):
            yield server
    finally:
        controller.stop()
