"""A small bar chart as Markdown: rows per load or partition, the rejected ones in red on top.

SVG in a data URI: it needs no library, no file and no server, and a browser runs no script in it.
"""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

Point = tuple[str, int, int]  # label, accepted, rejected

WIDTH, HEIGHT = 640, 150
TOP, BOTTOM, LEFT = 22, 20, 6  # room for words above and below the bars
GAP = 0.2  # of a bar
THINNEST = 2.0  # a rejected row among millions is seen
GREEN, RED, GREY = "#5b9279", "#c8553d", "#8a8f98"  # readable on white and on black


def bar_chart(points: Sequence[Point], title: str) -> str | None:
    """The chart, or None when there is nothing to compare: fewer than two points."""
    if len(points) < 2:  # noqa: PLR2004 - one bar says no more than its number
        return None
    image = b64encode(_svg(points).encode()).decode()
    return f"![{title}](data:image/svg+xml;base64,{image})"


def _svg(points: Sequence[Point]) -> str:
    most = max(accepted + rejected for _, accepted, rejected in points) or 1
    read = sum(accepted + rejected for _, accepted, rejected in points)
    refused = sum(rejected for _, _, rejected in points)
    step = (WIDTH - 2 * LEFT) / len(points)
    words = [
        _word(LEFT, 14, "start", f"most: {most:,} rows"),
        _word(WIDTH - LEFT, 14, "end", f"rejected: {refused:,} of {read:,} ({refused / (read or 1):.2%})"),
        _word(LEFT, HEIGHT - 5, "start", points[0][0]),
        _word(WIDTH - LEFT, HEIGHT - 5, "end", points[-1][0]),
    ]
    bars = [_bar(LEFT + number * step, step, most, point) for number, point in enumerate(points)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="11" fill="{GREY}">{"".join(words)}{"".join(bars)}</svg>'
    )


def _word(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'


def _bar(x: float, step: float, most: int, point: Point) -> str:
    label, accepted, rejected = point
    room = HEIGHT - TOP - BOTTOM
    red = max(room * rejected / most, THINNEST) if rejected else 0.0
    green = min(room * accepted / most, room - red)
    floor = HEIGHT - BOTTOM
    tip = escape(f"{label}: {accepted:,} rows, {rejected:,} rejected")
    pieces = [_rectangle(x, floor - green, step, green, GREEN), _rectangle(x, floor - green - red, step, red, RED)]
    return f"<g><title>{tip}</title>{''.join(pieces)}</g>"


def _rectangle(x: float, y: float, step: float, height: float, colour: str) -> str:
    if not height:
        return ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{step * (1 - GAP):.1f}" height="{height:.1f}" fill="{colour}"/>'
