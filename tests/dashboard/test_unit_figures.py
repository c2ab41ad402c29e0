"""Unit page: bases of paper side by side, persons and areas with dates, and what the drawer says of shares and moves."""

from datetime import UTC, date, datetime
from decimal import Decimal

from dashboard import explain, views
from dashboard.components.tables import to_csv
from dashboard.context import Context
from dashboard.pages import unit
from monitor.database.tables import Meter, MeterEvent, MeterShare, OrgUnit, Register, UnitBasis, UnitFact, UnitMove
from monitor.domain.periods import to_day
from monitor.queries import scope
from tests.dashboard import site as small
from tests.dashboard.conftest import Web
from tests.dashboard.test_pages import reading, text

START, END = to_day(date(2026, 1, 1)), to_day(small.LAST) + 1


def based(web: Web, *, declared: bool) -> None:
    """Let the paper of finance be a print log, and education's its packs for the same unit."""
    with web.database.session(write=True) as session:
        for code, basis in (("finance", "print_log"), ("education", "packs")):
            session.get_one(Meter, web.ids.meters[f"P-{code}"]).basis = basis
        moved = session.query(MeterShare).filter_by(meter_id=web.ids.meters["P-education"]).one()
        moved.unit_id = web.ids.units["finance"]
        for year in (2025, 2026) if declared else ():
            row = {"unit_id": web.ids.units["hq"], "resource": "paper", "year": year, "basis": "print_log"}
            session.add(UnitBasis(**row))


def test_the_bases_of_paper_stand_side_by_side_with_a_file(web: Web) -> None:
    based(web, declared=True)
    with reading(web, language="zh"):
        page = text(unit.layout(unit="finance", resource="paper"))
        other = text(unit.layout(unit="finance", resource="water"))

    assert "用纸口径对照" in page
    assert "/export/bases.csv" in page
    assert "尚未指定" not in page
    assert "用纸口径对照" not in other


def test_the_file_has_amount_coverage_and_difference_of_each_basis(web: Web) -> None:
    based(web, declared=True)
    with reading(web) as here, here.session() as session:
        found = to_csv(views.bases_table(session, here, _view(session, here, "finance"))).decode("utf-8-sig")

    head, january = found.splitlines()[:2]
    assert head.startswith(
        "Month,Basis that counts,In the figures (sheets),Print logs (sheets),Print logs · Coverage (%)"
    )
    cells = january.split(",")
    assert cells[1] == "Print logs"
    assert cells[2] == cells[3]
    assert Decimal(cells[5]) - Decimal(cells[3]) == Decimal(cells[7])
    assert found.splitlines()[-1].startswith("Total,")


def test_without_a_declared_basis_the_page_says_so_and_shows_no_figure(web: Web) -> None:
    based(web, declared=False)
    with reading(web):
        page = text(unit.layout(unit="finance", resource="paper"))

    assert "Nobody has declared which basis counts" in page
    assert "It is not declared which measurement counts" in page


def test_persons_and_areas_are_shown_with_their_dates_and_mean(web: Web) -> None:
    with web.database.session(write=True) as session:
        fact = session.query(UnitFact).filter_by(unit_id=web.ids.units["finance"], kind="head_count").one()
        fact.valid_to = date(2026, 7, 1)
        more = {"unit_id": fact.unit_id, "kind": "head_count", "value": 240_000, "valid_from": date(2026, 7, 1)}
        session.add(UnitFact(**more))
    with reading(web) as here, here.session() as session:
        view = _view(session, here, "finance")
        rows = views.facts_table(session, here, view).rows
        (mean,) = (
            one.mean
            for one in scope.averages(session, here.actor, view.unit.id, *view.span)
            if one.kind == "head_count"
        )

    heads = [row[1:] for row in rows if row[0] == "Energy users"]
    turn = to_day(date(2026, 7, 1))
    assert heads == [(120, START, turn - 1, mean), (240, turn, END - 1, None)]
    assert mean is not None
    assert mean * (END - START) == 120 * (turn - START) + 240 * (END - turn)


def test_the_drawer_says_how_a_share_by_head_count_was_worked_out_and_who_moved(web: Web) -> None:
    with web.database.session(write=True) as session:
        share = session.query(MeterShare).filter_by(meter_id=web.ids.meters["E-education"]).one()
        share.basis, share.ppm = "head_count", 0
        also = {"unit_id": web.ids.units["finance"], "basis": "head_count", "ppm": 0}
        session.add(MeterShare(meter_id=share.meter_id, valid_from=share.valid_from, **also))
        archives = session.get_one(OrgUnit, web.ids.units["archives"])
        ends = {"from_parent_id": archives.parent_id, "to_parent_id": web.ids.units["finance"]}
        session.add(UnitMove(unit_id=archives.id, at=date(2026, 5, 1), created_at=small.NOW, **ends))
        archives.parent_id = web.ids.units["finance"]
    with reading(web) as here:
        page = text(explain.body(here, f"finance|electricity|{START}|{END}"))

    assert "Energy users: 120 of 240, of what percentages leave" in page
    assert "Archives came into this unit on" in page


def _view(session: object, here: Context, code: str) -> views.View:
    from dashboard import params

    return params.read(session, here, {"unit": code, "resource": "paper"})  # type: ignore[arg-type]


def test_what_happened_is_marked_below_the_charts_and_listed_with_a_link_and_a_file(web: Web) -> None:
    with web.database.session(write=True) as session:
        register = session.query(Register.id).filter_by(meter_id=web.ids.meters["E-finance"]).scalar()
        at = datetime(2026, 3, 5, 4, tzinfo=UTC)
        swap = {"final_value": 12_000_000, "initial_value": 0, "note": "worn out", "actor": "li"}
        session.add(MeterEvent(register_id=register, kind="replacement", at=at, **swap))
        fact = {"unit_id": web.ids.units["finance"], "kind": "head_count", "value": 126_000}
        session.add(UnitFact(**fact, valid_from=date(2026, 5, 1), note="new posts"))

    for language, said in (("en", "Meter replaced"), ("zh", "换表")):
        with reading(web, language=language):
            page = text(unit.layout(unit="finance", resource="electricity"))
        assert page.count(said) >= 3  # both charts and the table
    lines = web.client("admin").get("/export/happenings.csv?unit=finance").data.decode("utf-8-sig").splitlines()

    assert lines[1].startswith("2026-05-01,人数或面积变更,finance 财政局,")
    assert lines[1].endswith("：120 → 126,,new posts,")
    assert lines[2] == "2026-03-05,换表,E-finance 财政局总表,12 kWh → 0 kWh,,worn out,li"
