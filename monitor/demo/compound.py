"""The compound on paper: 68 buildings, their meters, and which department each meter is shared out to."""

from dataclasses import dataclass, field

from monitor.demo.names import BUREAUX, ROOT, Bureau

SITE_AREA = 240_000  # m² of ground (占地面积)
OFFICE_AREAS = (
    16800, 9600, 8900, 7200, 4100, 6400, 3600, 5200, 3300, 7600, 3900, 6900, 3700, 7300, 4200,
    5100, 2900, 6600, 3100, 5900, 3200, 5400, 2800, 4600, 2700, 6100, 3400, 6800, 4800, 3000,
)  # fmt: skip
DORMITORIES = 22
OTHERS = (  # code, zh, en, m², purpose, assessed, power source, water source
    ("C01", "第一食堂", "Canteen 1", 3200, "canteen", True, "p96", "smart"),
    ("C02", "第二食堂", "Canteen 2", 2400, "canteen", True, "p96", "smart"),
    ("C03", "第三食堂", "Canteen 3", 1500, "canteen", True, "p96", "smart"),
    ("S01", "会议中心", "Conference Centre", 6800, "office", True, "p96", "smart"),
    ("S02", "政务服务大厅", "Public Service Hall", 5600, "office", True, "p96", "smart"),
    ("S03", "大数据中心", "Data Centre", 2600, "server_room", True, "p96", "hand"),
    ("S04", "档案馆", "Archives", 4200, "office", True, "hand", "hand"),
    ("S05", "招待所", "Guest House", 3800, "let_out", False, "hand", "hand"),
    ("S06", "文体中心", "Sports and Culture Centre", 2900, "office", True, "hand", "hand"),
    ("S07", "医务室", "Clinic", 600, "office", True, "hand", "hand"),
    ("S08", "幼儿园", "Kindergarten", 1900, "let_out", False, "hand", "hand"),
    ("S09", "车队车库", "Motor Pool", 1800, "office", True, "hand", "hand"),
    ("S10", "地下车库", "Underground Car Park", 9200, "office", True, "hand", ""),
    ("S11", "配电房", "Substation", 420, "office", True, "hand", ""),
    ("S12", "水泵房", "Pump House", 260, "office", True, "hand", ""),
    ("S13", "传达室", "Gatehouse", 140, "office", True, "hand", "hand"),
)
SUBMETERS = (  # code, place, parent, zh, en, purpose, assessed, annual kWh
    ("E-A01-SR", "A01", "E-A01", "1号楼机房", "Building 1 server room", "server_room", True, 118_000),
    ("E-A10-SR", "A10", "E-A10", "10号楼机房", "Building 10 server room", "server_room", True, 64_000),
    ("E-A14-SR", "A14", "E-A14", "14号楼机房", "Building 14 server room", "server_room", True, 52_000),
    ("E-A02-CP", "A02", "E-A02", "2号楼充电桩", "Building 2 charging piles", "charging_pile", False, 46_000),
    ("E-A29-CP", "A29", "E-A29", "29号楼充电桩", "Building 29 charging piles", "charging_pile", False, 58_000),
    ("E-S10-CP", "S10", "", "地下车库充电桩", "Car park charging piles", "charging_pile", False, 210_000),
    ("E-S09-CP", "S09", "", "车队充电桩", "Motor pool charging piles", "charging_pile", False, 88_000),
    ("E-A07-BS", "A07", "E-A07", "7号楼通信基站", "Building 7 base station", "base_station", False, 31_000),
    ("E-D03-BS", "D03", "E-D03", "3号宿舍通信基站", "Dormitory 3 base station", "base_station", False, 29_000),
)
HAND_WATER_OFFICES = (5, 9, 23, 25)  # old dials, read on the 20th
SMART_WATER_DORMITORIES = 8  # the newer ones; the others are read by hand
CT_OFFICES = range(21, 31)  # metered by register with current transformers (倍率 40)


@dataclass(frozen=True, slots=True)
class Building:
    """A building: code, names, floor area in m², purpose, people who live or work there."""

    code: str
    zh: str
    en: str
    area: int
    purpose: str
    heads: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A node of the organisation; `area` in m², `heads` 用能人数."""

    code: str
    parent: str
    zh: str
    en: str
    kind: str
    heads: int
    area: int


@dataclass(frozen=True, slots=True)
class Point:
    """A metering point and how it is delivered: `feed` names the source, `step` its seconds (0: by hand)."""

    code: str
    zh: str
    en: str
    resource: str
    place: str
    parent: str
    purpose: str
    assessed: bool
    feed: str
    step: int
    size: int  # m² for power, people for water, kWh a year for a sub-meter
    shares: tuple[tuple[str, int], ...] = ()
    multiplier: int = 1
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Compound:
    """All of it; `units` in tree order, parents first."""

    buildings: tuple[Building, ...]
    units: tuple[Unit, ...]
    points: tuple[Point, ...]
    index: dict[str, Point] = field(default_factory=dict)

    @property
    def floor_area(self) -> int:
        """Floor area of all buildings, m²."""
        return sum(building.area for building in self.buildings)


def tenants(building: int) -> list[Bureau]:
    """Give the bureaux that sit in an office building."""
    return [bureau for bureau in BUREAUX if building in bureau.buildings]


def department_codes(bureau: Bureau, building: int) -> list[str]:
    """Departments of a bureau in a building: the last one sits alone in the second building."""
    codes = [f"{bureau.code}-{n + 1}" for n in range(len(bureau.departments))]
    if len(bureau.buildings) == 1:
        return codes
    return codes[:-1] if building == bureau.buildings[0] else codes[-1:]


def office_shares(building: int) -> tuple[tuple[str, int], ...]:
    """Share an office building out in ppm: departments evenly, 7 % (corridors) to the bureau.

    Where two bureaux share the house, 8 % belongs to nobody.
    """
    here = tenants(building)
    each = 1_000_000 if len(here) == 1 else 920_000 // len(here)
    shares: list[tuple[str, int]] = []
    for bureau in here:
        codes = department_codes(bureau, building)
        part = each * 93 // 100 // len(codes)
        shares += [(code, part) for code in codes]
        shares.append((bureau.code, each - part * len(codes)))
    return tuple(shares)


def _buildings() -> list[Building]:
    offices = []
    for number, area in enumerate(OFFICE_AREAS, 1):
        heads = sum(bureau.heads * area // _office_area(bureau) for bureau in tenants(number))
        heads = heads // len(tenants(number)) if len(tenants(number)) > 1 else heads
        offices.append(
            Building(f"A{number:02d}", f"{number}号办公楼", f"Office Building {number}", area, "office", heads)
        )
    homes = [
        Building(
            f"D{n:02d}", f"{n}号宿舍楼", f"Dormitory {n}", 2100 + n * 7919 % 1900, "dormitory", 70 + n * 104729 % 75
        )
        for n in range(1, DORMITORIES + 1)
    ]
    rest = [Building(code, zh, en, area, purpose, max(4, area // 60)) for code, zh, en, area, purpose, *_ in OTHERS]
    return offices + homes + rest


def _office_area(bureau: Bureau) -> int:
    return sum(OFFICE_AREAS[number - 1] // len(tenants(number)) for number in bureau.buildings)


def _units(buildings: list[Building]) -> list[Unit]:
    below: list[Unit] = []
    for bureau in BUREAUX:
        area = _office_area(bureau)
        below.append(Unit(bureau.code, ROOT[0], bureau.zh, bureau.en, "bureau", bureau.heads, area))
        for n, (zh, en) in enumerate(bureau.departments, 1):
            code = f"{bureau.code}-{n}"
            own = sum(
                OFFICE_AREAS[number - 1] * ppm // 1_000_000
                for number in bureau.buildings
                for unit, ppm in office_shares(number)
                if unit == code
            )
            below.append(Unit(code, bureau.code, zh, en, "department", bureau.heads * own * 93 // (area * 93), own))
    assessed = sum(b.area for b in buildings if b.purpose not in {"dormitory", "let_out"})
    heads = sum(bureau.heads for bureau in BUREAUX)
    return [Unit(*ROOT[:1], "", *ROOT[1:], "organisation", heads, assessed), *below]


def _power(buildings: list[Building]) -> list[Point]:
    points = []
    for b in buildings:
        number = int(b.code[1:])
        name = (f"{b.zh}总电表", f"{b.en} main power meter")
        if b.code[0] == "A":
            by_register = number in CT_OFFICES
            points.append(Point(
                f"E-{b.code}", *name, "electricity", b.code, "", "office", True, "preg" if by_register else "p96",
                900, b.area, office_shares(number), 40 if by_register else 1, 6 if by_register else 0,
            ))  # fmt: skip
        elif b.code[0] == "D":
            points.append(Point(
                f"E-{b.code}", *name, "electricity", b.code, "", "dormitory", False, "preg", 3600, b.area,
                (("JGJ-4", 1_000_000),), 1, 6,
            ))  # fmt: skip
        else:
            points.append(_other(b, name, "electricity"))
    for code, place, parent, zh, en, purpose, assessed, annual in SUBMETERS:
        shares = (
            office_shares(int(place[1:]))
            if purpose == "server_room"
            else (("JGJ-2" if purpose == "charging_pile" else "JGJ", 1_000_000),)
        )
        points.append(Point(code, zh, en, "electricity", place, parent, purpose, assessed, "pgbk", 900, annual, shares))
    return points


def _other(b: Building, name: tuple[str, str], resource: str) -> Point:
    row = next(other for other in OTHERS if other[0] == b.code)
    shares: tuple[tuple[str, int], ...] = {
        "canteen": (("JGJ-3", 1_000_000),), "let_out": (("JGJ", 1_000_000),), "server_room": (("GXJ-3", 1_000_000),),
    }.get(b.purpose, (("JGJ", 1_000_000),))  # fmt: skip
    if b.code == "S01":  # the conference centre serves everybody
        shares = (("JGJ", 400_000), ("ZFB", 300_000))
    if b.code == "S02":
        shares = tuple((code, 120_000) for code in ("RSJ", "ZGJ", "SJJ", "MZJ", "ZJJ", "JGJ"))
    power = resource == "electricity"
    feed = row[6] if power else row[7]
    if feed == "hand":
        feed, step, multiplier, digits = ("phand", 0, 20, 6) if power else ("whand", 0, 1, 5)
    else:
        feed, step, multiplier, digits = (feed, 900, 1, 0) if power else ("wreg", 3600, 1, 6)
    return Point(
        f"{'E' if power else 'W'}-{b.code}", *name, resource, b.code, "", b.purpose, row[5], feed, step,
        b.area if power else b.heads, shares, multiplier, digits,
    )  # fmt: skip


def _water(buildings: list[Building]) -> list[Point]:
    points = []
    for b in buildings:
        number = int(b.code[1:])
        name = (f"{b.zh}总水表", f"{b.en} main water meter")
        if b.code[0] == "S" or b.code[0] == "C":
            if next(other for other in OTHERS if other[0] == b.code)[7]:
                points.append(_other(b, name, "water"))
            continue
        office = b.code[0] == "A"
        hand = number in HAND_WATER_OFFICES if office else number > SMART_WATER_DORMITORIES
        points.append(Point(
            f"W-{b.code}", *name, "water", b.code, "", b.purpose, office, "whand" if hand else "wreg", 0 if hand else 3600,
            b.heads, office_shares(number) if office else (("JGJ-4", 1_000_000),), 1, 5,
        ))  # fmt: skip
    return points


def compound() -> Compound:
    """Draw up the whole compound; the same every time."""
    buildings = _buildings()
    points = _power(buildings) + _water(buildings)
    return Compound(tuple(buildings), tuple(_units(buildings)), tuple(points), {p.code: p for p in points})


SLICE_BUILDINGS = frozenset({"A06", "A10", "A12", "A17", "A19", "A22", "A26", "D01", "D09", "C01", "S04"})


def only(whole: Compound, places: frozenset[str] = SLICE_BUILDINGS) -> Compound:
    """Cut a slice for tests: these buildings with their meters; the organisation stays whole."""
    points = tuple(p for p in whole.points if p.place in places)
    return Compound(
        tuple(b for b in whole.buildings if b.code in places), whole.units, points, {p.code: p for p in points}
    )
