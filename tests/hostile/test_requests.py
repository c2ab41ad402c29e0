"""Whatever is sent to a page, file, interface, form or callback: never a failure of ours, never more than a harmless value gives.

Some hundred bodies here; `JIEYUE_BODIES=10000` for as many.
"""

import json
import os
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from dashboard import exports, guards
from dashboard.pages import PAGES
from monitor.database.state import data_version
from tests.dashboard import matrix
from tests.dashboard.api.conftest import Ask
from tests.dashboard.conftest import Web, csrf, said, visit
from tests.dashboard.test_access import body_of, snapshot

COUNT = int(os.environ.get("JIEYUE_BODIES", "400"))
SQL = (
    "'", '"', "' OR '1'='1", "' OR 1=1 --", "1 OR 1=1", "1) OR (1=1", "'; DROP TABLE unit; --", "1; DELETE FROM reading", "' UNION SELECT 1,2,3 --",
    "x' AND (SELECT count(*) FROM user) > 0 --", "' || pg_sleep(9) || '", "1 AND SLEEP(9)", "%27%20OR%201=1", "\\' OR 1=1", "admin'--", "' OR ''='",
    "%", "_", "%%%", "\x00", "'\x00", "$1", ":unit", "%(unit)s", "?1", "{0}", "finance'/*", "0x31", "1e999", "-1", "99999999999999999999", "NaN",
    "=1+1", "＝1", "../../etc/passwd", "..%2f..%2f", "<script>", "\u202e", "\ud7ff", "\U0010ffff", "a" * 5000, "\r\nX-A: 1", "true", "[]", "null", " ",
)  # fmt: skip
LEAKS = ("Traceback", "sqlite3", "psycopg", "sqlalchemy", '"INTERNAL"', "syntax error", "root:x:")
TREES: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, 2**200, 1e308, "", "x", "\x00", "a" * 10_000, [], {}, [[]], [None], {"id": 1}, {"": ""}, {"props": {}}, [[[[[]]]]],
    "../../etc/passwd", "data:text/csv;base64,!!!", "data:,", ",", "?unit=%00", "?" + "unit=a&" * 500, "/unit/../../x", "2026-13-45", "{", {"type": "x", "index": [1]},
)  # fmt: skip


def names(address: str) -> list[str]:
    return list(parse_qs(urlsplit(address).query))


ARGUMENTS = sorted(
    {
        "unit",
        "resource",
        "year",
        "as_of",
        "from",
        "to",
        "month",
        "kind",
        "key",
        "view",
        "by",
        "sort",
        "page",
        "message",
        "status",
        "source",
    }
    | {name for get in matrix.GETS.values() for name in names(get.address)}
    | {name for search in matrix.PAGES.values() for name in names(search)}
)


def payloads() -> Iterator[str]:
    while True:
        yield from SQL


def test_no_argument_of_an_address_is_more_than_a_value(web: Web, ask: Ask) -> None:
    client, mean, wrong, placed = web.client("admin"), payloads(), [], 0
    ask("/units")  # its token is made at the first question
    before = snapshot(web)
    addresses = [f"/export/{view}.csv" for view in sorted({"board", *exports.EXPORTS})]
    addresses += [
        get.address.partition("?")[0]
        for rule, get in matrix.GETS.items()
        if "{" not in get.address and rule.startswith(("/export/h", "/imports/t"))
    ]
    for address in addresses:
        harmless = client.get(f"{address}?unit=zzz").status_code
        for query in ({"unit": next(mean)}, {name: next(mean) for name in ARGUMENTS if name != "unit"}):
            answer = client.get(f"{address}?{urlencode(query)}")
            placed += len(query)
            right = {harmless} if "unit" in query and query["unit"].strip() else {200, 400, 404}
            if answer.status_code not in right or any(word in answer.data.decode("utf-8", "replace") for word in LEAKS):
                wrong.append((address, query, answer.status_code, harmless))
    for page in PAGES:
        query = {name: next(mean) for name in ARGUMENTS if name != "unit"}
        answer = visit(client, page.PATH, "?" + urlencode(query))
        placed += len(query)
        if answer.status_code != 200 or any(word in said(answer) for word in LEAKS):
            wrong.append((page.PATH, query, answer.status_code, 200))
    for path, shape in json.loads(client.get("/api/v1/openapi.json").text)["paths"].items():
        for parameter in shape["get"].get("parameters", []):
            value = next(mean)
            address = path.removeprefix("/api/v1").replace(
                "{" + parameter["name"] + "}", value.replace("/", "%2F").replace("?", "%3F")
            )
            answer = ask(f"{address.replace('{', '').replace('}', '')}?{urlencode({parameter['name']: value})}")
            placed += 1
            if answer.status_code >= 500 or any(word in answer.text for word in LEAKS):
                wrong.append((path, parameter["name"], value, answer.status_code))

    assert wrong == []
    assert (placed >= 300, {**snapshot(web), "audit_event": 0}) == (True, {**before, "audit_event": 0})


def damaged(tree: Any, chance: random.Random) -> Any:
    """Put something else somewhere into a tree."""
    if not isinstance(tree, dict | list) or not tree or chance.random() < 0.2:
        return chance.choice(TREES)
    if isinstance(tree, list):
        at = chance.randrange(len(tree))
        return [damaged(one, chance) if n == at else one for n, one in enumerate(tree)]
    key = chance.choice(sorted(tree))
    return {name: damaged(one, chance) if name == key else one for name, one in tree.items()}


def test_no_body_of_a_callback_makes_the_server_fail(web: Web) -> None:
    client, wrong = web.client("admin"), []
    bodies = [
        body_of(web, output)
        for output, known in sorted(web.app.callback_map.items())
        if known.get("callback") is not None
    ]
    for seed in range(COUNT):
        chance = random.Random(seed)
        body: Any = bodies[seed % len(bodies)]
        for _ in range(chance.choice((1, 1, 2, 4))):
            body = damaged(body, chance)
        answer = client.post(guards.ENDPOINT, json=body)
        if answer.status_code >= 500 or any(word in answer.text for word in LEAKS):
            wrong.append((seed, answer.status_code, json.dumps(body)[:400]))

    assert wrong == []


def test_no_form_makes_the_server_fail(web: Web) -> None:
    client, wrong = web.client("admin"), []
    token, ids = csrf(client), {"report": 1, "run": web.ids.run_id, "meter": web.ids.meters["E-education"]}
    rules = [rule for rule in sorted(matrix.FORMS) if rule not in {"/logout", "/reports/send"}]
    for seed in range(max(COUNT // 2, len(rules))):
        chance, rule = random.Random(seed), rules[seed % len(rules)]
        fields = {name: value.format(**ids) for name, value in matrix.FORMS[rule].body.items()} | {
            "id": "1",
            "code": "x",
            "unit": "finance",
        }
        for name in chance.sample(sorted(fields), k=min(len(fields), chance.choice((1, 2, 5)))):
            fields[name] = chance.choice(SQL)
        answer = client.post(rule, data={**fields, "csrf": token})
        if answer.status_code >= 500 or any(word in answer.text for word in LEAKS):
            wrong.append(
                (
                    seed,
                    rule,
                    answer.status_code,
                    {name: value[:60] for name, value in fields.items()},
                    answer.text[:200],
                )
            )

    assert wrong == []


def test_bytes_that_are_no_body_at_all_are_refused(web: Web, ask: Ask) -> None:
    client, version = web.client("admin"), web.database
    kinds = (
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-99",
    )
    bodies = (
        b"",
        b"{",
        b"[" * 200_000,
        b'{"a":' * 50_000,
        b"\xff\xfe",
        b"\x00",
        b"null",
        b"1e999",
        b'"x"',
        b"NaN",
        b"{}" * 1000,
        b"--x\r\n\r\n",
        b"%" * 100,
    )
    found = {
        (kind, body[:9]): client.post(guards.ENDPOINT, data=body, content_type=kind).status_code
        for kind in kinds
        for body in bodies
    }
    found |= {
        ("form", body[:9]): client.post("/prefer", data=body, content_type=kinds[2]).status_code for body in bodies
    }

    assert {key: status for key, status in found.items() if not 400 <= status < 500} == {}
    with version.session() as session:
        assert data_version(session) >= 0


def test_no_address_leads_out_of_its_folder(web: Web) -> None:
    client, ups = (
        web.client("admin"),
        ("../", "..%2f", "%2e%2e/", "..\\", "..%5c", "%252e%252e%252f", "....//", "..%00/", "/", "//", "%c0%ae%c0%ae/"),
    )
    goals = ("etc/passwd", "jieyue.db", "settings.py", "pseudonym.key", "windows/win.ini")
    places = (
        "/assets/",
        "/static/",
        "/_dash-component-suites/dash/",
        "/api/docs/",
        "/export/",
        "/imports/template/",
        "/reports/",
        "/api/v1/reports/",
    )
    wrong, asked = [], 0
    for place in places:
        for number, up in enumerate(ups):
            for goal in (goals[number % len(goals)], goals[(number + 1) % len(goals)], goals[0]):
                asked += 1
                with client.get(place + up * 6 + goal) as answer:
                    body = answer.data
                    if (
                        answer.status_code >= 500
                        or b"root:x:" in body
                        or b"SQLite format" in body
                        or b"BaseSettings" in body
                    ):
                        wrong.append((place + up * 6 + goal, answer.status_code))

    assert (wrong, asked > 200) == ([], True)
