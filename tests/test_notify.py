"""Mail against a real SMTP peer on loopback."""

import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from monitor.errors import ConfigurationError, SourceUnavailable
from monitor.notify import Attachment, send_mail
from monitor.settings import MailSettings


class Letterbox:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], Message]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002 - aiosmtpd's names
        self.letters.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))  # type: ignore[arg-type]
        return "250 kept"


@pytest.fixture
def box() -> Letterbox:
    return Letterbox()


@pytest.fixture
def peer(box: Letterbox) -> Iterator[MailSettings]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield MailSettings(host="127.0.0.1", port=port, sender="jieyue@example.cn")
    controller.stop()


def test_a_report_arrives_as_text_html_and_attachment(peer: MailSettings, box: Letterbox) -> None:
    file = Attachment("月报.html", "text/html", "<p>全文</p>".encode())
    send_mail(peer, ["a@example.cn", "b@example.cn"], "节能月报 2026-05", "<p>达标</p>", "达标", attachments=[file])
    [(to, letter)] = box.letters
    parts = [
        (p.get_content_type(), p.get_filename(), p.get_content().strip()) for p in letter.walk() if not p.is_multipart()
    ]
    assert to == ["a@example.cn", "b@example.cn"]
    assert (letter["Subject"], letter["From"]) == ("节能月报 2026-05", "jieyue@example.cn")
    assert parts == [
        ("text/plain", None, "达标"),
        ("text/html", None, "<p>达标</p>"),
        ("text/html", "月报.html", "<p>全文</p>"),
    ]


def test_a_line_break_in_a_subject_adds_no_header(peer: MailSettings, box: Letterbox) -> None:
    send_mail(peer, ["a@example.cn"], "Report\nBcc: c@example.cn", "<p>x</p>", "x")
    [(to, letter)] = box.letters
    assert (to, letter["Bcc"], letter["Subject"]) == (["a@example.cn"], None, "Report Bcc: c@example.cn")


def test_a_server_that_is_away_may_be_tried_again(peer: MailSettings) -> None:
    away = peer.model_copy(update={"port": 1})
    with pytest.raises(SourceUnavailable) as failure:
        send_mail(away, ["a@example.cn"], "s", "h", "t")
    assert (failure.value.code, failure.value.permanent) == ("MAIL_FAILED", False)


def test_a_server_without_encryption_gets_nothing_where_starttls_is_asked(peer: MailSettings, box: Letterbox) -> None:
    with pytest.raises(SourceUnavailable):
        send_mail(peer.model_copy(update={"tls": "starttls"}), ["a@example.cn"], "s", "h", "t")
    assert box.letters == []


def test_without_a_server_or_recipient_nothing_is_sent(peer: MailSettings) -> None:
    for settings, to in ((MailSettings(), ["a@example.cn"]), (peer, [])):
        with pytest.raises(ConfigurationError) as refusal:
            send_mail(settings, to, "s", "h", "t")
        assert refusal.value.code == "MAIL_NOT_SET"
