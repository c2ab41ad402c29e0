"""Messages of alerts: one for each channel and look, over real SMTP with and without TLS, tried again, never twice."""

import json
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select

from monitor.database.engine import Database
from monitor.database.tables import AlertChannel, Notification
from monitor.domain.access import SYSTEM
from monitor.errors import ConfigurationError, SourceUnavailable
from monitor.scheduling import messages
from monitor.services import alerts
from monitor.settings import Settings
from tests.scheduling.conftest import add_source, at
from tests.test_webhook import Peer, certificate, closed

NOW = at("2026-05-01T00:00")


class Letterbox:
    """Keeps what arrives, and tells whether it came over TLS."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, Message, bool]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002 - aiosmtpd's names
        message = message_from_bytes(envelope.content, policy=default)  # type: ignore[arg-type]
        self.letters.append((envelope.rcpt_tos[0], message, session.ssl is not None))
        return "250 kept"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def box() -> Letterbox:
    return Letterbox()


@pytest.fixture(params=["none", "starttls", "tls"])
def mailing(request: pytest.FixtureRequest, box: Letterbox, tmp_path: Path) -> Iterator[Settings]:
    """Settings that lead to a mail server on loopback, in each way of encryption."""
    key, pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    ways: dict[str, dict[str, object]] = {
        "none": {},
        "starttls": {"tls_context": context, "require_starttls": True},
        "tls": {"ssl_context": context},
    }
    port = free_port()
    controller = Controller(box, hostname="localhost", port=port, **ways[request.param])  # type: ignore[arg-type]
    controller.start()
    mail = {"host": "localhost", "port": port, "tls": request.param, "sender": "a@example.cn", "ca_file": str(pem)}
    yield Settings.model_validate({"data": tmp_path, "mail": mail, "alerts": {"allow_private": ["127.0.0.1"]}})
    controller.stop()


def add_channel(database: Database, kind: str, address: str, language: str = "en", **more: object) -> int:
    with database.session(write=True) as session:
        channel = AlertChannel(kind=kind, address=address, language=language, rules=[], enabled=True, **more)
        session.add(channel)
        session.flush()
        return channel.id


def open_two(database: Database) -> None:
    add_source(database, created=NOW)
    with database.session(write=True) as session:
        for subject in ("power", "import:power"):
            rule = alerts.SOURCE_LATE if subject == "power" else alerts.JOB_FAILED
            data = {"last": int(NOW.timestamp()), "late_after": 60} if subject == "power" else {"error": "no answer"}
            alerts.open_alert(session, SYSTEM, rule, subject, now=NOW, data=data)


def test_what_opened_together_is_one_mail_for_each_channel_in_its_language(
    database: Database, mailing: Settings, box: Letterbox
) -> None:
    add_channel(database, "mail", "en@example.cn")
    add_channel(database, "mail", "zh@example.cn", "zh")
    open_two(database)

    assert [messages.deliver(database, mailing, NOW) for _ in range(2)] == [2, 0]

    by = {to: message for to, message, _ in box.letters}
    assert {secure for _, _, secure in box.letters} == {
        mailing.mail.tls == "starttls"
    }  # with tls the peer speaks nothing else
    assert by["en@example.cn"]["Subject"] == "Jieyue: 2 new alerts, 0 closed"
    text = by["zh@example.cn"].get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert "数据源迟到" in text
    assert "no answer" in text


def test_a_certificate_that_nobody_trusts_sends_nothing(database: Database, mailing: Settings, box: Letterbox) -> None:
    if mailing.mail.tls == "none":
        return
    unknown = mailing.mail.model_copy(update={"ca_file": ""})
    with pytest.raises(SourceUnavailable):
        messages.send_test(mailing.model_copy(update={"mail": unknown}), "mail", "a@example.cn", "zh")
    assert box.letters == []


def test_a_webhook_that_fails_is_tried_again_later_and_not_for_ever(database: Database, settings: Settings) -> None:
    peer = Peer()
    try:
        allowed = settings.alerts.model_copy(update={"allow_private": ["127.0.0.1"]})
        ready = settings.model_copy(update={"alerts": allowed})
        add_channel(database, "webhook", peer.address())
        open_two(database)
        peer.status = 503
        moment, tries = NOW, []
        for _ in range(8):
            messages.deliver(database, ready, moment)
            messages.deliver(database, ready, moment + timedelta(seconds=5))  # not due again yet
            tries.append(len(peer.heard))
            moment += timedelta(days=1)
        assert tries == [1, 2, 3, 4, 5, 6, 6, 6]
        with database.session() as session:
            assert "HTTP 503" in set(session.scalars(select(Notification.error))).pop()
    finally:
        closed(peer)


def test_a_channel_that_comes_back_hears_once_what_opened_and_what_closed(
    database: Database, settings: Settings
) -> None:
    peer = Peer()
    try:
        allowed = settings.alerts.model_copy(update={"allow_private": ["127.0.0.1"]})
        ready = settings.model_copy(update={"alerts": allowed})
        add_channel(database, "webhook", peer.address())
        peer.status = 500
        open_two(database)
        messages.deliver(database, ready, NOW)
        peer.status = 200
        with database.session(write=True) as session:
            alerts.close_alert(session, SYSTEM, alerts.SOURCE_LATE, "power", now=NOW)
        for minutes in (2, 3, 4):
            messages.deliver(database, ready, NOW + timedelta(minutes=minutes))
        assert [body["subject"] for _, body in peer.heard[1:]] == ["Jieyue: 2 new alerts, 1 closed"]
        assert json.dumps(peer.heard[1][1]).count("Closed: ") == 1
    finally:
        closed(peer)


def test_a_channel_switched_off_is_sent_nothing(database: Database, settings: Settings) -> None:
    channel = add_channel(database, "webhook", "https://example.cn/hook")
    open_two(database)
    with database.session(write=True) as session:
        session.get_one(AlertChannel, channel).enabled = False
    assert messages.deliver(database, settings, NOW) == 0
    assert messages.deliver(database, settings, NOW + timedelta(days=1)) == 0


def test_a_test_message_says_what_is_wrong(settings: Settings) -> None:
    with pytest.raises(ConfigurationError) as private:
        messages.send_test(settings, "webhook", "http://127.0.0.1:9/x", "zh")
    assert private.value.code == "WEBHOOK_PRIVATE"
    with pytest.raises(ConfigurationError) as unset:
        messages.send_test(settings, "mail", "a@example.cn", "zh")
    assert unset.value.code == "MAIL_NOT_SET"
