"""How fast the interface answers: requests per second and p95 of a year by day, over loopback. `python -m bench.api DATABASE-FOLDER`."""

import http.client
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from waitress.server import create_server

from dashboard.app import create_app
from monitor.database.engine import Database
from monitor.database.tables import OrgUnit, RoleGrant
from monitor.domain.access import SYSTEM
from monitor.services import tokens
from monitor.settings import Settings

CLIENTS, EACH = 4, 60


def main(folder: Path) -> None:
    settings = Settings(data=folder)
    with Database(settings.database_url) as database:
        database.upgrade()
        now = datetime.now(UTC)
        with database.session(write=True) as session:
            person = session.scalar(select(RoleGrant.user_id).limit(1))
            made = {"expires_at": now + timedelta(days=1), "user_id": person, "now": now}
            _, token = tokens.create(session, SYSTEM, "bench", tokens.SCOPES, **made)
            units = session.scalars(select(OrgUnit.code).order_by(OrgUnit.parent_id, OrgUnit.position)).all()
        server = create_server(create_app(settings, database).server, host="127.0.0.1", port=0, threads=8)
        threading.Thread(target=server.run, daemon=True).start()
        year = f"resource=electricity&from={now.year - 1}-01-01&to={now.year - 1}-12-31"
        for name, listed, again in (
            ("top unit", units[:1], False),
            ("each unit", units, False),
            ("304", units[:1], True),
        ):
            show(
                name,
                server.effective_port,
                token,
                [f"/api/v1/consumption?unit={u}&{year}" for u in listed],
                again=again,
            )
        server.close()


def show(name: str, port: int, token: str, addresses: list[str], *, again: bool) -> None:
    times: list[float] = []
    size = [0]

    def client(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        headers = {"Authorization": f"Bearer {token}"}
        for n in range(EACH):
            began = time.perf_counter()
            connection.request("GET", addresses[(first + n * CLIENTS) % len(addresses)], headers=headers)
            answer = connection.getresponse()
            size[0] = len(answer.read())
            times.append(time.perf_counter() - began)
            assert answer.status in {200, 304}, answer.status
            if again:
                headers["If-None-Match"] = answer.headers["ETag"]

    began = time.perf_counter()
    threads = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, times = time.perf_counter() - began, sorted(times)
    p50, p95 = (times[int(len(times) * part)] * 1000 for part in (0.5, 0.95))
    print(f"{name:10} {len(times) / took:7.1f} requests/s   p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   {size[0]} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
