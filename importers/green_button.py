"""Green Button (ESPI) files: an Atom feed in XML with the readings of usage points, as energy suppliers of North America give them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from importers._green_button_chunks import chunks
from importers._green_button_codes import FORWARD, NET, REVERSE
from importers._green_button_meaning import Wanted
from importers._green_button_reader import read
from importers._inbox import Inbox
from importers._tabular_profile import Zone
from monitor.intake import contract
from monitor.intake.contract import Chunk, Document, DocumentRefused

MEMORY = 32 << 20  # bytes of readings; more of them wait on disk


class GreenButtonOptions(contract.Options):
    """Where files arrive, what their usage points are called here, and what they leave out."""

    inbox: str = Field("", json_schema_extra={"zh": "收件文件夹", "en": "Inbox folder", "folder": True})
    pattern: str = Field("*.xml", json_schema_extra={"zh": "文件名模式", "en": "File name pattern"})
    names: Literal["link", "title"] = Field(
        "link",
        json_schema_extra={
            "zh": "计量点的名称取自",
            "en": "Meters are called by",
            "hint_zh": "link：链接中用能点的路径，如 RetailCustomer/9b6c7063/UsagePoint/01；title：条目标题",
            "hint_en": "link: the path of the usage point, such as RetailCustomer/9b6c7063/UsagePoint/01; title: that of its entry",
        },
    )
    meter: str = Field(
        "",
        max_length=200,
        json_schema_extra={
            "zh": "计量点（文件只含一个用能点时）",
            "en": "Meter, where the files have one usage point",
            "hint_zh": "留空则按名称查找",
            "hint_en": "Empty: found by the name of the usage point",
        },
    )
    forward: str = Field(
        "",
        max_length=100,
        json_schema_extra={
            "zh": "用能通道的代码",
            "en": "Code of the register of what was delivered to you",
            "hint_zh": "计量点只有一个此类通道时留空",
            "hint_en": "Empty where a meter has one register of the kind",
        },
    )
    reverse: str = Field(
        "export",
        max_length=100,
        json_schema_extra={
            "zh": "上网（反向）通道的代码",
            "en": "Code of the register of what you delivered to the grid",
        },
    )
    net: str = Field(
        "net", max_length=100, json_schema_extra={"zh": "净值通道的代码", "en": "Code of the register of net readings"}
    )
    resource: Literal["", "electricity", "water"] = Field(
        "", json_schema_extra={"zh": "资源（文件未说明时）", "en": "Resource, where the files do not say it"}
    )
    measure: str = Field(
        "",
        max_length=20,
        json_schema_extra={"zh": "计量单位（文件未说明时）", "en": "Measure, where the files do not say it"},
    )
    bills: bool = Field(
        default=False,
        json_schema_extra={
            "zh": "每个区间是一张账单",
            "en": "Each interval is a bill",
            "hint_zh": "数量与费用记入账单通道",
            "hint_en": "Quantity and cost go to the register for bills",
        },
    )
    zone: Zone = Field(
        "Asia/Shanghai", json_schema_extra={"zh": "预览中月份的时区", "en": "Time zone of months in previews"}
    )

    @field_validator("pattern")
    @classmethod
    def _below(cls, value: str) -> str:
        if not value or Path(value).is_absolute() or ".." in Path(value).parts:
            raise ValueError("a pattern below the folder, such as *.xml")
        return value


class GreenButton:
    """The importer of Green Button files."""

    Options: ClassVar[type[contract.Options]] = GreenButtonOptions

    def __init__(self, options: GreenButtonOptions) -> None:
        self.options = options

    def fetch(self, cursor: Mapping[str, Any], now: datetime) -> Iterator[Document]:  # noqa: ARG002 - files carry no due time
        """Give files of the inbox that are new or have changed since the cursor, oldest first; they stay where they are."""
        if self.options.inbox:
            yield from Inbox(Path(self.options.inbox), self.options.pattern).news(cursor)

    def parse(self, document: Document) -> Iterator[Chunk]:
        """Read all readings of a document. DocumentRefused where it is no Green Button file, or holds no reading at all."""
        given = self.options
        wanted = Wanted(
            meter=given.meter.strip(),
            by_title=given.names == "title",
            registers={FORWARD: given.forward, REVERSE: given.reverse, NET: given.net},
            resource=given.resource,
            measure=given.measure,
            bills=given.bills,
        )
        with SpooledTemporaryFile(MEMORY) as records:
            feed = read(document, records)
            if not feed.count and not feed.refused:
                raise DocumentRefused("NO_ROWS", "{file}: there is no reading in it.", file=document.name)
            yield from chunks(feed, wanted, document.name, given.zone)
