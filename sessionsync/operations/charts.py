"""Stacked bars as plain values, which a template draws as SVG: no script, no foreign file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sessionsync.operations.outcomes import BEGUN, ENGINES, STOPS, TRANSPORTS
from sessionsync.operations.stats import Report, Tally, took_rows

WIDTH, HEIGHT = 480, 140
"""The drawing's own units; the page makes it as wide as there is room."""
COLOURS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of a column. Places are texts, so that no language's decimal comma gets in."""

    x: str
    y: str
    width: str
    height: str
    colour: int
    said: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, and the same figures as a table: headings, then a row for each column.

    series: name, sum and colour of each. most: what the top line stands for. marks: places and
    words under the first, the middle and the last column.
    """

    title: str
    bars: Sequence[Bar]
    series: Sequence[tuple[str, int, int]]
    most: int
    marks: Sequence[tuple[str, str, str]]
    headings: Sequence[str]
    rows: Sequence[tuple[str, Sequence[int]]]

    @property
    def total(self) -> int:
        """The sum of everything drawn."""
        return sum(number for _name, number, _colour in self.series)


def stacked(title: str, columns: Sequence[str], series: Mapping[str, Sequence[int]]) -> Chart:
    """Draw one bar for each column, with a piece for each series; all numbers are at least 0.

    columns: what each stands for. series: by name, one number for each column.
    """
    sums = [sum(values[n] for values in series.values()) for n in range(len(columns))]
    most, step = max(sums, default=0), WIDTH / max(1, len(columns))
    bars = []
    for n, column in enumerate(columns):
        floor = float(HEIGHT)
        for colour, (name, values) in enumerate(series.items()):
            if values[n]:
                tall = HEIGHT * values[n] / most
                floor -= tall
                bars.append(
                    Bar(
                        x=f"{n * step + step * 0.1:.1f}",
                        y=f"{floor:.1f}",
                        width=f"{step * 0.8:.1f}",
                        height=f"{tall:.1f}",
                        colour=colour % COLOURS,
                        said=f"{column}: {name} {values[n]}",
                    )
                )
    return Chart(
        title=title,
        bars=bars,
        series=[
            (name, sum(values), n % COLOURS) for n, (name, values) in enumerate(series.items())
        ],
        most=most,
        marks=_marks(columns, step),
        headings=list(series),
        rows=[
            (column, [values[n] for values in series.values()])
            for n, column in enumerate(columns)
            if sums[n]
        ],
    )


def _marks(columns: Sequence[str], step: float) -> list[tuple[str, str, str]]:
    shown = {0: "start", len(columns) // 2: "middle", len(columns) - 1: "end"}
    if len(columns) <= 8:
        shown = dict.fromkeys(range(len(columns)), "middle")
    place = {"start": 0.1, "middle": 0.5, "end": 0.9}
    return [
        (f"{(n + place[anchor]) * step:.1f}", anchor, columns[n])
        for n, anchor in shown.items()
        if 0 <= n < len(columns)
    ]


def charts(found: Report) -> list[Chart]:
    """All charts of the admin's page."""
    columns = [_column(start, by_day=found.step.days > 0) for start in found.steps]
    tallies = list(found.steps.values())

    def over_time(title: str, series: Mapping[str, Sequence[int]]) -> Chart:
        shown = {name: values for name, values in series.items() if any(values)}
        return stacked(title, columns, shown)

    return [
        over_time(
            _("Handshakes and their outcomes"),
            {
                _("arrived"): [tally.arrived for tally in tallies],
                _("stood alone"): [tally.alone for tally in tallies],
                _("stopped"): [tally.stops for tally in tallies],
                _("not come back"): [_lost(tally) for tally in tallies],
            },
        ),
        over_time(
            _("Handshakes by engine"),
            {name: [tally.begun_by_engine[name] for tally in tallies] for name in ENGINES},
        ),
        over_time(
            _("Handshakes by transport"),
            {
                name: [tally.begun_by_transport[name] for tally in tallies]
                for name in dict.fromkeys((*TRANSPORTS, "other"))
            },
        ),
        over_time(
            _("Sessions that met"),
            {
                _("linked"): [tally.links["link"] for tally in tallies],
                _("guest joined a customer"): [tally.links["absorb"] for tally in tallies],
                _("two customers parted"): [tally.links["part"] for tally in tallies],
                _("sign-in or checkout took over"): [tally.links["replace"] for tally in tallies],
                _("renewed"): [tally.links["renew"] for tally in tallies],
            },
        ),
        over_time(
            _("Healings and stops"),
            {
                _("healings"): [tally.healings for tally in tallies],
                _("no cookies"): [tally.outcomes["consume", "no_cookies"] for tally in tallies],
                _("foreign or failed twice"): [
                    tally.outcomes["consume", "stop"] for tally in tallies
                ],
            },
        ),
        _took_chart(found.whole),
    ]


def _lost(tally: Tally) -> int:
    """Handshakes that began and did not end within the same step: closed tabs, mostly."""
    ended = {"accept", "alone", "go_on", *STOPS}
    begun = sum(tally.outcomes["leave", outcome] for outcome in BEGUN)
    return max(0, begun - sum(tally.outcomes["consume", outcome] for outcome in ended))


def _took_chart(tally: Tally) -> Chart:
    rows = took_rows(tally)
    return stacked(
        _("Time a handshake took"),
        [words for words, _number in rows],
        {_("handshakes"): [number for _words, number in rows]},
    )


def _column(start: datetime, *, by_day: bool) -> str:
    day = date_format(start, "MONTH_DAY_FORMAT")
    return day if by_day else f"{day} {start:%H:%M}"
