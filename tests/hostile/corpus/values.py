"""Numbers, dates and clocks: right or asked, never guessed."""

from collections.abc import Iterator

from tests.hostile.case import GOOD, HEADER, Case, profile, read

PLAIN, COMMA = {"decimal": "."}, {"decimal": ","}
ENGLISH, GERMAN = {"thousands": ","}, {"decimal": ",", "thousands": "."}
SWISS, FRENCH = {"thousands": "'"}, {"decimal": ",", "thousands": " "}
NUMBERS: tuple[tuple[dict[str, str], str, str | None], ...] = (
    (PLAIN, "1234.5", "1234.5"), (PLAIN, "1,234.5", None), (PLAIN, "1.234,5", None), (PLAIN, "1 234.5", None),
    (PLAIN, "12,5", None), (PLAIN, "１２３４．５", "1234.5"), (PLAIN, "１，２３４", None), (PLAIN, "−5", "-5"), (PLAIN, "－5", "-5"),
    (PLAIN, "+5", "5"), (PLAIN, ".5", "0.5"), (PLAIN, "5.", "5"), (PLAIN, "007", "7"), (PLAIN, "1e3", "1000"), (PLAIN, "1E-2", "0.01"),
    (PLAIN, "1e999", None), (PLAIN, "1e308", None), (PLAIN, "-1e308", None), (PLAIN, "nan", None), (PLAIN, "NaN", None),
    (PLAIN, "inf", None), (PLAIN, "-Infinity", None), (PLAIN, "NULL", None), (PLAIN, "NA", None), (PLAIN, "#N/A", None),
    (PLAIN, "#DIV/0!", None), (PLAIN, "=1+1", None), (PLAIN, "0x10", None), (PLAIN, "1_000", None), (PLAIN, "True", None),
    (PLAIN, "五", None), (PLAIN, "٣", "3"), (PLAIN, "½", None), (PLAIN, "12度", None), (PLAIN, "12 kWh", None), (PLAIN, "--5", None),
    (PLAIN, "5-", None), (PLAIN, "(5)", None), (PLAIN, "5%", None), (PLAIN, "-", None), (PLAIN, ".", None), (PLAIN, "1e", None),
    (PLAIN, "9" * 40, None), (PLAIN, "2" + "9" * 400, None), (PLAIN, "0.111" + "0" * 400, "0.111"), (PLAIN, "-0", "0"), (PLAIN, "1.2.3", None), (PLAIN, "2026-05-01", None),
    (COMMA, "1234,5", "1234.5"), (COMMA, "1.234,5", None), (COMMA, "1,234.5", None), (COMMA, "1.234", None), (COMMA, "1234.5", None),
    (COMMA, "１２３４，５", "1234.5"), (COMMA, "-0,5", "-0.5"),
    (ENGLISH, "1,234.5", "1234.5"), (ENGLISH, "1,234,567", "1234567"), (ENGLISH, "12,34", None), (ENGLISH, "1,2345", None),
    (ENGLISH, "1234.5", "1234.5"), (ENGLISH, "1.234,5", None), (ENGLISH, ",234", None), (ENGLISH, "12,5", None),
    (GERMAN, "1.234,5", "1234.5"), (GERMAN, "1234,5", "1234.5"), (GERMAN, "1.234", "1234"), (GERMAN, "1,234.5", None), (GERMAN, "12.5", None),
    (SWISS, "1'234.5", "1234.5"), (FRENCH, "1 234,5", "1234.5"), (FRENCH, "1\u00a0234,5", "1234.5"), (FRENCH, "1\u202f234,5", "1234.5"),
)  # fmt: skip
ISO, EPOCH, EXCEL = "iso", "epoch", "excel"
MINUTE, SLASH, CHINESE, AMERICAN = "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H:%M", "%m/%d/%Y %H:%M"
TIMES: tuple[tuple[str, str, bool], ...] = (
    (MINUTE, "2026-05-01 03:00", True), (MINUTE, "2026-05-01 24:00", True), (MINUTE, "2026-5-1 3:00", True),
    (MINUTE, "２０２６-０５-０１ ０３：００", True), (MINUTE, "2026-02-29 03:00", False), (MINUTE, "2026-04-31 03:00", False),
    (MINUTE, "2026-13-01 03:00", False), (MINUTE, "2026-00-10 03:00", False), (MINUTE, "2026-05-01 25:00", False),
    (MINUTE, "2026-05-01 03:60", False), (MINUTE, "2026-05-01", False), (MINUTE, "2026-05-01 03:00:00", False),
    (MINUTE, "01/05/2026 03:00", False), (MINUTE, "0001-01-01 00:00", False), (MINUTE, "9999-12-31 23:59", False),
    (MINUTE, "1979-12-31 00:00", False), (MINUTE, "1900-01-00 00:00", False), (MINUTE, "now", False), (MINUTE, "合计", False),
    (SLASH, "2026/05/01 03:00", True), (SLASH, "2026/5/1 3:00", True), (SLASH, "2026-05-01 03:00", False),
    (CHINESE, "2026年05月01日 03:00", True), (CHINESE, "2026年5月1日 3:00", True), (CHINESE, "二〇二六年五月一日 03:00", False),
    (AMERICAN, "05/04/2026 03:00", True), (AMERICAN, "13/04/2026 03:00", False),
    (ISO, "2026-05-01T03:00", True), (ISO, "2026-05-01T03:00:00+08:00", False), (ISO, "20260501T0300", True), (ISO, "2026-05-01", True),
    (ISO, "2026", False), (ISO, "2026-05", False), (ISO, "now", False), (ISO, "today", False), (ISO, "NaT", False),
    (ISO, "2026-05-01T03:00:00+99:99", False), (ISO, "2026-W18-5", False), (ISO, "2026-121", False), (ISO, "1 May 2026", False),
    (EPOCH, "1777575600", True), (EPOCH, "-1", False), (EPOCH, "1e20", False), (EPOCH, "99999999999999999999", False),
    (EPOCH, "253402300800", False), (EPOCH, "nan", False), (EPOCH, "1777575600000", False), (EPOCH, "x", False),
    (EXCEL, "46143.125", True), (EXCEL, "46143", True), (EXCEL, "60", False), (EXCEL, "-5", False), (EXCEL, "2958466", False), (EXCEL, "1e300", False),
)  # fmt: skip


def numbers() -> Iterator[Case]:
    """Each number in a file of its own, beside a good row."""
    for style, text, value in NUMBERS:
        mark = style.get("decimal", ".")
        content = f"meter;time;kWh\nE-1;2026-05-01 01:00;1\nE-1;2026-05-01 02:00;{text}\n".encode()
        named = f"the number {text[:20]!r} with {mark!r} and {style.get('thousands', '')!r}"
        if value is None:
            why = "VALUE_TOO_LARGE" if text in {"1e308", "-1e308", "9" * 40} else "NOT_A_NUMBER"
            yield read(named, content, 1, 1, why, "1", options=profile(**style, delimiter=";"))
        else:
            total = str(1 + float(value)) if "." in value else str(1 + int(value))
            negative = "INTERVAL_NEGATIVE" if value.startswith("-") else ""
            yield read(named, content, 2, 0, negative, total, options=profile(**style, delimiter=";"))


def times() -> Iterator[Case]:
    """Each time in a file of its own, beside a good row of the same form."""
    beside = {form: text for form, text, right in reversed(TIMES) if right}
    for form, text, right in TIMES:
        content = f"meter;time;kWh\nE-2;{beside[form]};1\nE-1;{text};2\n".encode()
        future = text in {"9999-12-31 23:59", "253402300800", "1777575600000"}
        early = text in {"0001-01-01 00:00", "1979-12-31 00:00", "-1", "60", "-5"}
        why = "" if right else "TIME_IN_FUTURE" if future else "TIME_TOO_EARLY" if early else "NOT_A_TIME"
        options = profile(delimiter=";", time={"format": form})
        yield read(
            f"the time {text!r} as {form}",
            content,
            2 if right else 1,
            0 if right else 1,
            why,
            "3" if right else "1",
            options=options,
        )


def clocks() -> Iterator[Case]:
    """Hours that do not exist are refused, hours that come twice are told apart, calendars without a switch have neither."""
    london = profile(time={"zone": "Europe/London"})
    gap = HEADER + "".join(f"E-1,2026-03-29 0{hour}:00,1\n" for hour in range(4))
    yield read("the hour that is left out", gap.encode(), 3, 1, "TIME_NOT_EXISTING", "3", options=london)
    twice = HEADER + "".join(f"E-1,2026-10-25 0{hour}:00,{n}\n" for n, hour in enumerate((0, 1, 1, 2, 3), 1))
    yield read("the hour that comes twice", twice.encode(), 5, kwh="15", options=london)
    lord_howe = profile(time={"zone": "Australia/Lord_Howe", "interval": "30min"})
    half = HEADER + "".join(f"E-1,2026-10-04 0{hour},1\n" for hour in ("1:30", "2:00", "2:15", "2:30", "3:00"))
    yield read("the half hour that is left out", half.encode(), 3, 2, "TIME_NOT_EXISTING", "3", options=lord_howe)
    shanghai = HEADER + "E-1,1991-04-14 00:30,1\nE-1,1991-04-14 02:30,1\n"
    yield read("Shanghai in 1991", shanghai.encode(), 1, 1, "TIME_NOT_EXISTING", "1")
    apia = profile(time={"zone": "Pacific/Apia", "interval": "1d"})
    yield read(
        "a day that Samoa left out",
        (HEADER + "E-1,2011-12-30 12:00,1\nE-1,2012-01-01 12:00,1\n").encode(),
        1,
        1,
        "TIME_NOT_EXISTING",
        options=apia,
    )
    offsets = profile(time={"format": "iso"})
    both = (
        HEADER
        + "E-1,2026-05-01T01:00:00+08:00,1\nE-1,2026-05-01T03:00:00+0900,2\nE-1,2026-05-01T02:00:00Z,4\nE-1,2026-05-01T05:00,8\n"
    )
    yield read("offsets, and a time without", both.encode(), 3, 1, "NOT_A_TIME", "7", options=offsets)
    yield read("a leap second", (GOOD + "E-1,2016-12-31 23:59:60,1\n").encode(), 2, 1, "NOT_A_TIME", "3")


def rows() -> Iterator[Case]:
    """Totals, merged and repeated headers, contradictions."""
    skip = profile(skip="合计|小计|Total")
    yield read("totals are left out", (GOOD + "合计,,3\n小计,,3\nTotal,,3\n").encode(), 2, kwh="3", options=skip)
    yield read("totals that nobody declared", (GOOD + "合计,,3\n").encode(), 2, 1, "CELL_EMPTY", "3")
    yield read("a full-width total", (GOOD + "Ｔｏｔａｌ,,3\n").encode(), 2, kwh="3", options=skip)
    end = profile(end="备注|Note")
    yield read("a footer", (GOOD + "备注：以上为抄表数,x,y\nx,y,z\n").encode(), 2, kwh="3", options=end)
    two = "配电房,配电房,\nmeter,time,kWh\n编号,时间,电量\n" + GOOD.partition("\n")[2]
    yield read("a header of three rows", two.encode(), 2, 1, "NOT_A_TIME", "3")
    yield read(
        "a header in other letters", GOOD.replace("meter,time,kWh", " ＭＥＴＥＲ , Time ,ＫＷＨ ").encode(), 2, kwh="3"
    )
    yield read(
        "a column twice",
        GOOD.replace("kWh", "kWh,kWh").replace(",1\n", ",1,8\n").replace(",2\n", ",2,9\n").encode(),
        2,
        kwh="3",
    )
    yield read("the same row twice", (GOOD + "E-1,2026-05-01 02:00,2\n").encode(), 2, kwh="3")
    yield read("a row that contradicts", (GOOD + "E-1,2026-05-01 02:00,5\n").encode(), 2, 0, "ROW_CONTRADICTED", "6")
    yield read("overlapping spans", (GOOD + "E-1,2026-05-01 01:30,5\n").encode(), 3, 0, "INTERVALS_OVERLAP", "8")
    yield read("newest first", (HEADER + "".join(reversed(GOOD.splitlines(keepends=True)[1:]))).encode(), 2, kwh="3")
    merged = HEADER + "E-1,2026-05-01 01:00,1\n,2026-05-01 02:00,2\n,2026-05-01 03:00,4\n"
    yield read("a merged meter cell", merged.encode(), 1, 2, "CELL_EMPTY", "1")
    yield read(
        "formulas as text", (GOOD + "=cmd|' /C calc'!A0,2026-05-01 03:00,=1+1\n").encode(), 2, 1, "NOT_A_NUMBER", "3"
    )
    yield read("markup as a meter", (GOOD + "<script>alert(1)</script>,2026-05-01 03:00,4\n").encode(), 3, kwh="7")
    yield read(
        "fields as a meter", (GOOD + "{file} {0} %s %n {,2026-05-01 03:00,x{y}\n").encode(), 2, 1, "NOT_A_NUMBER", "3"
    )
    bill = profile(
        layout="bills",
        time={"start": "from", "end": "to", "format": "%Y-%m-%d", "column": None, "interval": ""},
        value={"amount": "money", "invoice": "no"},
    )
    bills = "meter,from,to,kWh,money,no\nE-1,2026-03-01,2026-04-01,3,12.5,A1\n"
    for name, money, why in (
        ("huge", "1e308", "AMOUNT_TOO_LARGE"),
        ("a word", "viel", "NOT_A_NUMBER"),
        ("infinite", "inf", "NOT_A_NUMBER"),
        ("large", "1e13", "AMOUNT_TOO_LARGE"),
    ):
        yield read(
            f"a bill of {name} money",
            (bills + f"E-1,2026-04-01,2026-05-01,4,{money},A2\n").encode(),
            1,
            1,
            why,
            "3",
            options=bill,
        )
    yield read(
        "a bill that ends before it begins",
        (bills + "E-1,2026-05-01,2026-04-01,4,1,A2\n").encode(),
        1,
        1,
        "PERIOD_EMPTY",
        "3",
        options=bill,
    )
    yield read(
        "a bill of a century",
        (bills + "E-1,1990-05-01,2026-04-01,4,1,A2\n").encode(),
        1,
        1,
        "SPAN_TOO_LONG",
        "3",
        options=bill,
    )
    power = profile(value={"kind": "power", "measure": "kW"})
    yield read(
        "a power beyond floats",
        (GOOD + "E-1,2026-05-01 03:00,1.7e308\n").encode(),
        2,
        1,
        "VALUE_TOO_LARGE",
        "3",
        options=power,
    )
    register = profile(time={"interval": ""}, value={"kind": "cumulative"})
    yield read(
        "a register below zero",
        (GOOD + "E-1,2026-05-01 03:00,-4\n").encode(),
        2,
        1,
        "REGISTER_NEGATIVE",
        options=register,
    )
    days = profile(
        layout="days", time={"format": "%Y-%m-%d", "interval": ""}, value={"column": None, "first": 3, "count": 24}
    )
    wide = "meter,day," + ",".join(str(n) for n in range(24)) + "\n"
    days["profile"]["time"]["column"] = "day"
    yield read("24 hours", (wide + "E-1,2026-05-01" + ",1" * 24 + "\n").encode(), 24, kwh="24", options=days)
    yield read(
        "24 hours, one a word",
        (wide + "E-1,2026-05-01" + ",1" * 23 + ",x\n").encode(),
        23,
        1,
        "NOT_A_NUMBER",
        "23",
        options=days,
    )
    yield read(
        "24 hours, half of them",
        (wide + "E-1,2026-05-01" + ",1" * 12 + "\n").encode(),
        12,
        12,
        "VALUES_EMPTY",
        "12",
        options=days,
    )
    yield read(
        "24 hours of no day",
        (wide + "E-1,2026-02-30" + ",1" * 24 + "\n").encode(),
        0,
        24,
        "NOT_A_TIME",
        "0",
        options=days,
    )
    months = {
        **days,
        "profile": {
            **days["profile"],
            "layout": "months",
            "time": {"column": "day", "format": "%Y-%m"},
            "value": {"first": 3, "count": 31, "measure": "kWh"},
        },
    }
    month = "meter,day," + ",".join(str(n) for n in range(1, 32)) + "\n"
    yield read(
        "31 days of February",
        (month + "E-1,2026-02" + ",1" * 31 + "\n").encode(),
        28,
        3,
        "SLOT_NOT_EXISTING",
        "28",
        options=months,
    )
    yield read(
        "a month that is none",
        (month + "E-1,2026-13" + ",1" * 31 + "\n").encode(),
        0,
        31,
        "NOT_A_MONTH",
        "0",
        options=months,
    )


CASES = [*numbers(), *times(), *clocks(), *rows()]
