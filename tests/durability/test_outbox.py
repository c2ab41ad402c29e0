"""A process that dies between sending a message and writing that down sends it again, under the same Message-ID: at least once."""

import socket
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from monitor.database.engine import Database
from monitor.database.tables import AlertChannel, Notification
from monitor.domain.access import SYSTEM
from monitor.scheduling import messages
from monitor.services import alerts
from monitor.settings import Settings
from tests.durability.child import later, post
from tests.durability.ground import prepare
from tests.scheduling.test_messages import Letterbox


def test_a_message_whose_sending_was_not_written_down_is_sent_again_under_its_name(tmp_path: Path) -> None:
    trial = prepare("sqlite", tmp_path / "ground")
    box = Letterbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(box, hostname="localhost", port=port)
    controller.start()
    mail = {"host": "localhost", "port": port, "sender": "a@example.cn"}
    settings = Settings.model_validate({"data": trial.folder, "mail": mail})
    now = later(0)()
    try:
        with Database(trial.address) as database:
            with database.session(write=True) as session:
                session.add(AlertChannel(kind="mail", address="b@example.cn", language="zh", rules=[], enabled=True))
                session.flush()
                alerts.open_alert(session, SYSTEM, alerts.JOB_FAILED, "import:power", now=now, data={"error": "x"})
            died = trial.fork(post, port)
            assert died.end() == -9
            before = len(box.letters)
            soon = messages.deliver(database, settings, now + timedelta(minutes=1))
            again = messages.deliver(database, settings, now + timedelta(minutes=6))
            more = messages.deliver(database, settings, now + timedelta(minutes=60))
            with database.session() as session:
                sent = session.scalars(select(Notification.sent_at)).one()
    finally:
        controller.stop()
        for child in trial.children:
            child.close()

    assert (before, soon, again, more) == (1, 0, 1, 0)
    assert sent is not None
    names = [letter["Message-ID"] for _, letter, _ in box.letters]
    assert (len(names), len(set(names))) == (2, 1)


@pytest.mark.parametrize("keys", [("", ""), ("a", "b")])
def test_messages_of_their_own_have_names_of_their_own(keys: tuple[str, str]) -> None:
    from monitor.notify import compose

    one, two = (compose("a@b", ["c@d"], "s", "<p>", "t", key=key)["Message-ID"] for key in keys)
    assert one != two
