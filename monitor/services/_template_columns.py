"""The sheets of the Excel template of an organisation: one description for writing and for reading."""

from dataclasses import dataclass

from monitor.domain.resources import MEASURED

Choices = dict[str, tuple[str, str]]  # code → Chinese, English

EXAMPLE = "示例"  # rows whose first cell begins so are examples, never read

UNIT_KINDS: Choices = {
    "organisation": ("机关", "organisation"),
    "bureau": ("局", "bureau"),
    "department": ("处室", "department"),
}
FACT_KINDS: Choices = {
    "head_count": ("用能人数", "energy users"),
    "posts": ("编制人数", "posts"),
    "water_head_count": ("用水人数", "water users"),
    "fte": ("全时当量", "full-time equivalents"),
    "floor_area": ("建筑面积", "floor area m²"),
    "heated_area": ("采暖面积", "heated area m²"),
}
PLACE_KINDS: Choices = {
    "site": ("院区", "site"),
    "building": ("楼", "building"),
    "floor": ("楼层", "floor"),
    "room": ("房间", "room"),
}
PURPOSES: Choices = {
    "office": ("办公", "office"),
    "canteen": ("食堂", "canteen"),
    "server_room": ("机房", "server room"),
    "dormitory": ("宿舍", "dormitory"),
    "charging_pile": ("充电桩", "charging pile"),
    "let_out": ("出租", "let out"),
    "base_station": ("通信基站", "base station"),
    "supply": ("总供", "supply"),
}
BASES: Choices = {
    "print_log": ("打印日志", "print log"),
    "counter": ("设备计数", "device counter"),
    "packs": ("领用包数", "packs issued"),
}
REGISTER_KINDS: Choices = {
    "interval": ("时段用量", "interval"),
    "cumulative": ("累计示数", "cumulative"),
    "bill": ("账单", "bill"),
    "event": ("逐笔", "event"),
    "gauge": ("状态量", "gauge"),
}
YES_NO: Choices = {"yes": ("是", "yes"), "no": ("否", "no")}
DIRECTIONS: Choices = {"import": ("输入", "import"), "export": ("输出", "export")}
SHARE_KINDS: Choices = {"percent": ("百分比", "percent"), **FACT_KINDS}
INDICATORS: Choices = {"per_person": ("人均", "per person"), "per_m2": ("单位面积", "per m²")}
RESOURCE_NAMES: Choices = {row.code: (row.zh, row.en) for row in MEASURED.values()}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the field it fills, its header in both languages, how its cells are read."""

    key: str
    zh: str
    en: str
    kind: str = "text"  # text | number | whole | ratio | day | clock | percent | choice
    required: bool = False
    choices: Choices | None = None
    refers: str = ""  # the sheet whose first column has the code
    width: int = 16

    @property
    def header(self) -> str:
        """Give the header as it stands in the sheet; what must be filled in has a star."""
        return f"{self.zh}{'*' if self.required else ''}\n{self.en}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet with its columns and an example row, by column."""

    key: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    examples: tuple[dict[str, object], ...]

    @property
    def title(self) -> str:
        """Give the name on the tab."""
        return f"{self.zh} {self.en}"


def _names() -> tuple[Column, Column]:
    return Column("zh", "中文名称", "Chinese name", width=22), Column("en", "英文名称", "English name", width=24)


UNITS = Sheet(
    "units",
    "单位",
    "Units",
    (
        Column("code", "单位编码", "Unit code", required=True),
        *_names(),
        Column("parent", "上级编码", "Parent code", refers="units"),
        Column("kind", "类别", "Kind", "choice", choices=UNIT_KINDS),
    ),
    (
        {"code": "JG", "zh": "市级机关", "en": "City Government", "kind": "organisation"},
        {"code": "CZJ", "zh": "财政局", "en": "Finance Bureau", "parent": "JG", "kind": "bureau"},
    ),
)
FACTS = Sheet(
    "facts",
    "人数面积",
    "Facts",
    (
        Column("unit", "单位编码", "Unit code", required=True, refers="units"),
        Column("kind", "种类", "Kind", "choice", required=True, choices=FACT_KINDS, width=26),
        Column("value", "数值", "Value", "number", required=True),
        Column("since", "起始日", "From", "day"),
        Column("until", "截止日(不含)", "Until before", "day"),
        Column("note", "变动原因", "Reason for a change", width=30),
    ),
    ({"unit": "CZJ", "kind": "head_count", "value": 120, "since": "2025-01-01"},),
)
PLACES = Sheet(
    "places",
    "地点",
    "Places",
    (
        Column("code", "地点编码", "Place code", required=True),
        *_names(),
        Column("parent", "上级地点", "Parent place", refers="places"),
        Column("kind", "类别", "Kind", "choice", choices=PLACE_KINDS),
        Column("zone", "时区", "Time zone", width=18),
        Column("country", "日历", "Calendar country"),
        Column("office_from", "上班", "Office from", "clock"),
        Column("office_to", "下班", "Office to", "clock"),
        Column("area", "面积 m²", "Area m²", "number"),
    ),
    (
        {
            "code": "L1",
            "zh": "一号楼",
            "en": "Building 1",
            "kind": "building",
            "office_from": "08:00",
            "office_to": "18:00",
        },
    ),
)
METERS = Sheet(
    "meters",
    "计量点",
    "Meters",
    (
        Column("code", "计量点编码", "Meter code", required=True),
        *_names(),
        Column("resource", "资源", "Resource", "choice", choices=RESOURCE_NAMES),
        Column("place", "地点编码", "Place code", refers="places"),
        Column("parent", "总表编码", "Main meter", refers="meters"),
        Column("purpose", "用途", "Purpose", "choice", choices=PURPOSES),
        Column("assessed", "计入考核", "Assessed", "choice", choices=YES_NO),
        Column("basis", "用纸口径", "Paper basis", "choice", choices=BASES),
        Column("aliases", "别名(分号隔开)", "Other names, split by ;", width=22),
        Column("register", "通道", "Register"),
        Column("register_kind", "读数种类", "Kind of reading", "choice", choices=REGISTER_KINDS),
        Column("measure", "计量单位", "Measure"),
        Column("multiplier", "倍率", "Multiplier", "ratio"),
        Column("digits", "表盘位数", "Digits", "whole"),
        Column("step", "间隔秒数", "Step, seconds", "whole"),
        Column("priority", "优先级", "Priority", "whole"),
        Column("tariff", "费率", "Tariff"),
        Column("direction", "方向", "Direction", "choice", choices=DIRECTIONS),
        Column("counts", "计量", "Counts", "choice", choices=YES_NO),
    ),
    (
        {
            "code": "E-0412",
            "zh": "财政局电表",
            "en": "Finance power",
            "resource": "electricity",
            "place": "L1",
            "purpose": "office",
            "assessed": "yes",
            "register_kind": "cumulative",
            "measure": "kWh",
            "multiplier": "40",
            "digits": 6,
        },
    ),
)
SHARES = Sheet(
    "shares",
    "分摊",
    "Shares",
    (
        Column("meter", "计量点编码", "Meter code", required=True, refers="meters"),
        Column("unit", "单位编码", "Unit code", required=True, refers="units"),
        Column("by", "方式", "By", "choice", choices=SHARE_KINDS, width=26),
        Column("part", "百分比(0–100)", "Percent (0–100)", "percent"),
        Column("since", "起始日", "From", "day"),
        Column("until", "截止日(不含)", "Until before", "day"),
    ),
    ({"meter": "E-0412", "unit": "CZJ", "by": "percent", "part": 100},),
)
QUOTAS = Sheet(
    "quotas",
    "能耗定额",
    "Quotas",
    (
        Column("unit", "单位编码", "Unit code", required=True, refers="units"),
        Column("resource", "资源", "Resource", "choice", required=True, choices=RESOURCE_NAMES),
        Column("indicator", "口径", "Per", "choice", required=True, choices=INDICATORS, width=20),
        Column("year_from", "起始年", "From year", "whole", required=True),
        Column("year_to", "截止年(含)", "Last year", "whole"),
        Column("constraint", "约束值", "Constraint", "number"),
        Column("reference", "基准值", "Reference", "number"),
        Column("guidance", "引导值", "Guidance", "number"),
        Column("source", "来源(标准、表、气候区)", "Source: standard, table, climate zone", required=True, width=36),
        Column("note", "备注", "Remark", width=24),
    ),
    (
        {
            "unit": "JG",
            "resource": "electricity",
            "indicator": "per_m2",
            "year_from": 2026,
            "source": "标准编号 表号 气候区 standard, table, zone",
        },
    ),
)
SHEETS = (UNITS, FACTS, PLACES, METERS, SHARES, QUOTAS)


def choice_text(choices: Choices, code: str) -> str:
    """Give a choice as it stands in the drop-down list."""
    zh, en = choices[code]
    return f"{zh} {en}"
