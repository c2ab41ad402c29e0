"""What happens in the compound: each story, with its days counted back from the anchor date."""

from dataclasses import dataclass
from datetime import date, timedelta

SEED = 20_241


@dataclass(frozen=True, slots=True)
class Stories:
    """The days on which things happen; all of them follow from the anchor."""

    anchor: date

    @property
    def start(self) -> date:
        """The first day of data: 1 January of the year before."""
        return date(self.anchor.year - 1, 1, 1)

    def ago(self, days: int) -> date:
        """Give the date so many days before the anchor."""
        return self.anchor - timedelta(days=days)

    @property
    def lights(self) -> tuple[str, date]:
        """From this day the lights of this meter's building burn all night (长明灯)."""
        return "E-A12", self.ago(75)

    @property
    def leak(self) -> tuple[str, date, date, int]:
        """Between these days a toilet runs (长流水): litres an hour on top."""
        return "W-A22", self.ago(61), self.ago(40), 420

    @property
    def swap(self) -> tuple[str, date]:
        """The meter is replaced at 10:00 of this day."""
        return "E-A26", self.ago(97)

    @property
    def rollover(self) -> tuple[str, date]:
        """The register passes its last digit in the course of this day, or soon after."""
        return "W-A10", self.ago(33)

    @property
    def never_came(self) -> date:
        """The daily file of the power monitoring system for this day never came."""
        return self.ago(6)

    @property
    def corrected(self) -> tuple[str, date, date]:
        """Values of this meter and these days were doubled at first; a second file of the month put them right."""
        first = (self.anchor.replace(day=1) - timedelta(days=40)).replace(day=11)
        return "E-A06", first, first + timedelta(days=3)

    @property
    def duplicate(self) -> date:
        """The water file of this month was put into the inbox twice."""
        return (self.anchor.replace(day=1) - timedelta(days=70)).replace(day=1)

    @property
    def saved(self) -> str:
        """The building that really saves this year: new lighting and a better plant."""
        return "E-A17"

    @property
    def moved(self) -> date:
        """From this day the surveyors belong to another bureau."""
        return self.ago(130)

    @property
    def gap(self) -> tuple[str, date, date]:
        """Between these days the gateway of this building was off: it only looks as if it saved."""
        return "E-A19", self.ago(150), self.ago(78)
