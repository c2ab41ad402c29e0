"""The report goes out by mail: a real SMTP server on the loopback receives body and attachment."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from monitor.errors import ConfigurationError, Forbidden, SourceUnavailable
from monitor.reports import archive
from monitor.services import reports
from monitor.settings import MailSettings
from tests.reports.conftest import City
from tests.reports.site import NOW
from tests.reports.test_archive import make


class Box:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.received: list[Any] = []

    async def handle_DATA(self, *given: Any) -> str:
        self.received.append(given[-1])
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def post_office() -> Iterator[tuple[Box, MailSettings]]:
    box, port = Box(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, MailSettings(host="127.0.0.1", port=port, sender="jieyue@example.org")
    controller.stop()


def message(box: Box) -> EmailMessage:
    (envelope,) = box.received
    received = message_from_bytes(envelope.content, policy=policy.default)
    assert isinstance(received, EmailMessage)
    return received


def test_the_mail_carries_the_stored_page_as_body_and_attachment(
    city: City, post_office: tuple[Box, MailSettings]
) -> None:
    box, mail = post_office
    report = make(city, language="zh")
    to = ["chief@example.org", "office@example.org"]

    archive.send(city.database, city.people["own"], report, to, mail, now=NOW)

    with city.database.session() as session:
        row, (_, html) = (
            reports.find(session, city.people["own"], report),
            reports.fetch(session, city.people["own"], report),
        )
    received = message(box)
    attachment, workbook = received.iter_attachments()
    body = received.get_body(("html",))
    text = received.get_body(("plain",))
    assert box.received[0].rcpt_tos == to
    assert received["Subject"] == "节能目标完成情况月报：财政局，2026年10月"
    assert attachment.get_filename() == "jieyue-finance-2026-10-zh-v1.html"
    assert attachment.get_payload(decode=True) == html
    assert workbook.get_filename() == "jieyue-finance-2026-10-zh-v1.xlsx"
    assert workbook.get_payload(decode=True) == archive.file(
        city.database, city.people["own"], report, "xlsx", zone=None
    )
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").strip() == html.decode()
    assert text is not None
    assert text.get_content().startswith("电：截至2026年10月31日累计用量 27,360 kWh")
    assert (row.sent_at, row.sent_to) == (NOW, tuple(to))


def test_the_mail_carries_the_files_that_are_named(city: City, post_office: tuple[Box, MailSettings]) -> None:
    box, mail = post_office
    report, own = make(city), city.people["own"]
    archive.send(city.database, own, report, ["a@example.org"], mail, now=NOW, forms=["pdf", "docx"])

    files = list(message(box).iter_attachments())
    assert [file.get_filename().rpartition(".")[2] for file in files] == ["html", "pdf", "docx"]
    assert [file.get_content_type() for file in files[1:]] == [archive.FORMS[form] for form in ("pdf", "docx")]
    for form, file in zip(("pdf", "docx"), files[1:], strict=True):
        assert file.get_payload(decode=True) == archive.file(city.database, own, report, form, zone=None)


def test_a_server_that_does_not_answer_leaves_the_report_unsent(city: City) -> None:
    report = make(city)
    with pytest.raises(SourceUnavailable):
        archive.send(
            city.database,
            city.people["own"],
            report,
            ["a@example.org"],
            MailSettings(host="127.0.0.1", port=1),
            now=NOW,
        )

    with city.database.session() as session:
        assert reports.find(session, city.people["own"], report).sent_at is None


def test_without_a_mail_server_the_sender_is_told(city: City) -> None:
    report = make(city)
    with pytest.raises(ConfigurationError) as refusal:
        archive.send(city.database, city.people["own"], report, ["a@example.org"], MailSettings(), now=NOW)

    assert refusal.value.code == "MAIL_NOT_SET"


def test_who_may_only_look_cannot_send(city: City, post_office: tuple[Box, MailSettings]) -> None:
    box, mail = post_office
    report = make(city)
    with pytest.raises(Forbidden):
        archive.send(city.database, city.people["looker"], report, ["a@example.org"], mail, now=NOW)

    assert box.received == []
