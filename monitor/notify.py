"""Messages out: mail with text, HTML and attachments over SMTP; CHANNELS has every way to send an alert."""

import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import partial
from hashlib import sha256
from html import escape

from monitor import webhook
from monitor.errors import ConfigurationError, SourceUnavailable
from monitor.i18n import N_
from monitor.settings import MailSettings, Settings

TIMEOUT_SECONDS = 30
CA_FILE = N_("{file} (mail.ca_file) does not hold certificates: {problem}")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail; `kind` is its media type, `text/html`."""

    name: str
    kind: str
    content: bytes


def send_mail(
    settings: MailSettings,
    to: Sequence[str],
    subject: str,
    html: str,
    text: str,
    *,
    attachments: Sequence[Attachment] = (),
    key: str = "",
) -> None:
    """Send one message to all. ConfigurationError without a server or recipient, SourceUnavailable where it does not answer.

    Messages of one `key` have one Message-ID: a mailbox that got it already, from a process that died before it could write
    that down, may drop the second.
    """
    if not settings.host or not to:
        raise ConfigurationError("MAIL_NOT_SET", N_("No mail server or no recipient is set, so nothing was sent."))
    message = compose(settings.sender, to, subject, html, text, attachments=attachments, key=key)
    try:
        with _connect(settings) as server:
            if settings.tls == "starttls":
                server.starttls(context=_trusted(settings))
            if settings.user:
                server.login(settings.user, settings.password.get_secret_value())
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise SourceUnavailable(
            "MAIL_FAILED",
            N_("The mail server {host} did not take the message: {problem}"),
            host=settings.host,
            problem=str(error),
        ) from error


def _trusted(settings: MailSettings) -> ssl.SSLContext:
    """Trust the certificates of `ca_file`, or the system's."""
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError("CA_FILE", CA_FILE, file=settings.ca_file, problem=str(error)) from error


def _connect(settings: MailSettings) -> smtplib.SMTP:
    if settings.tls == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_SECONDS, context=_trusted(settings))
    return smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_SECONDS)


def compose(
    sender: str,
    to: Sequence[str],
    subject: str,
    html: str,
    text: str,
    *,
    attachments: Sequence[Attachment] = (),
    key: str = "",
) -> EmailMessage:
    """Build the message: plain text with an HTML alternative."""
    message = EmailMessage()
    message["From"], message["To"] = sender, ", ".join(to)
    message["Subject"] = " ".join(subject.split())
    domain = sender.rpartition("@")[2] or "localhost"
    same = sha256(repr((key, sender, list(to), subject, text)).encode()).hexdigest()[:40]
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{same}@{domain}>" if key else make_msgid(domain=domain)
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    for part in attachments:
        main, _, sub = part.kind.partition("/")
        charset = {"charset": "utf-8"} if main == "text" else {}
        message.add_attachment(part.content, maintype=main, subtype=sub, filename=part.name, params=charset)
    return message


# ---------------------------------------------------------------- channels of alerts


def _mail(settings: Settings, address: str, subject: str, text: str, key: str = "") -> None:
    lines = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line)
    send_mail(settings.mail, [address], subject, lines, text, key=key)


def _webhook(kind: str, settings: Settings, address: str, subject: str, text: str, key: str = "") -> None:  # noqa: PLR0917 - as CHANNELS has it
    del key  # robots know no such thing: a message may be heard twice
    webhook.post(kind, address, subject, text, allow_private=settings.alerts.allow_private)


CHANNELS: dict[str, Callable[..., None]] = {
    "mail": _mail,
    **{kind: partial(_webhook, kind) for kind in ("webhook", "wecom", "dingtalk", "feishu")},
}
"""Kind → send(settings, address, subject, text, key=""); ConfigurationError where it can never work, SourceUnavailable where later may."""
