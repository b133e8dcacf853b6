"""Charts as SVG, drawn on the server: no script, and nothing from elsewhere."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT, BASE = 720, 190, 30
"""Of a drawing, in its own units; the page scales it. BASE: room for the days below."""
MIDDLE = mark_safe(' text-anchor="middle"')
"""Where a day's name stands below its bar; the first begins there, or the edge would cut it."""


def bars(values: Sequence[tuple[str, Decimal, str]], label: str) -> SafeString:
    """A bar for each value: its name below, its height, and what it says when pointed at.

    label: what the chart shows, for those who hear it.
    """
    most = max((value for _name, value, _said in values), default=Decimal(0)) or Decimal(1)
    step = WIDTH / max(len(values), 1)
    every = max(1, len(values) // 6)
    drawn = format_html_join(
        "",
        '<g><title>{}</title><rect x="{}" y="{}" width="{}" height="{}" rx="2"/></g>',
        (
            (
                said,
                f"{number * step + step * 0.1:.1f}",
                f"{HEIGHT - BASE - height:.1f}",
                f"{step * 0.8:.1f}",
                f"{height:.1f}",
            )
            for number, (_name, value, said) in enumerate(values)
            for height in [float(value / most) * (HEIGHT - BASE - 10)]
        ),
    )
    names = format_html_join(
        "",
        '<text x="{}" y="{}"{}>{}</text>',
        (
            (f"{number and (number + 0.5) * step:.1f}", HEIGHT - 8, MIDDLE if number else "", name)
            for number, (name, _value, _said) in enumerate(values)
            if number % every == 0
        ),
    )
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>',
        WIDTH, HEIGHT, label, drawn, names,
    )  # fmt: skip
