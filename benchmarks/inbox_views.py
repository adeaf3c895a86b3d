"""The views of the desk and the filters of its bar, common and rare, against the whole list, over HTTP."""

from __future__ import annotations

from urllib.parse import parse_qs

from agency.inbox.filters import QueueFilter, filter_of, read_filters
from benchmarks.inbox_pages import REQUESTS, ROUNDS, House, growth, houses, list_buffers
from benchmarks.rounds import Line, line, paired
from benchmarks.scratch import Scratch


def filtered_views(scratch: Scratch, size: str) -> list[Line]:
    """Each view and filter of the list against the list itself, and buffers of its statement."""
    rounds, requests = min(ROUNDS[size], 7), min(REQUESTS[size], 15)
    lines: list[Line] = []
    with houses(scratch, size) as served:
        for house in served:
            for name, query, wanted, most in _views_of(house):
                here = f"inbox, {name}, {house.rows:,} conversations"
                lines.append(
                    line(
                        here,
                        paired(
                            lambda h=house, q=query: h.admin.timed_ms(f"/inbox?{q}", requests),
                            lambda h=house: h.admin.timed_ms("/inbox", requests),
                            rounds=rounds,
                        ),
                        "ms",
                        against="the whole list",
                        aim="<= 2",
                    )
                )
                lines.append(list_buffers(f"{here}: buffers", house, wanted, most))
        if len(served) > 1:
            small, large = ({name: query for name, query, *_ in _views_of(house)} for house in served[-2:])
            for name in small:
                lines += growth(
                    served,
                    f"inbox, {name}",
                    lambda h, n=name: h.admin.timed_ms(f"/inbox?{(large if h is served[-1] else small)[n]}", requests),
                    rounds,
                )
    return lines


def _views_of(house: House) -> list[tuple[str, str, QueueFilter, int | None]]:
    """Name, address, filter and most buffers of every view and of filters of each kind, common and rare."""
    with house.database.superuser() as connection:
        brands = [row[0] for row in connection.execute("select id from brand order by name").fetchall()]
        labels = dict(connection.execute("select name, id from label").fetchall())
    several = brands[1:200:20]
    views: list[tuple[str, str, int | None]] = [
        *((name, f"view={name}", 12) for name in ("mine", "free", "waiting", "late")),
        ("of a large brand", f"brand={brands[0]}", 12),
        ("of a small brand", f"brand={brands[-1]}", 12),
        ("of ten brands", "&".join(f"brand={one}" for one in several), None),
        ("late, of a small brand", f"view=late&brand={brands[-1]}", None),
        ("closed", "state=closed", None),
        ("closed, of a small brand", f"state=closed&brand={brands[-1]}", None),
        ("put off", "state=snoozed", None),
        ("in any state", "state=any", None),
        ("reviews", "kind=review", None),
        ("on one platform", "platform=instagram", None),
        ("in one language", "language=pl", None),
        ("in no language of the house", "language=fi", None),
        ("of one star", "stars=1", None),
        ("complaints", "act=complaint", None),
        ("rare words of praise", "act=praise", None),
        ("angry", "sentiment=negative", None),
        *((f"with a {name} label", f"label={labels[name]}", None) for name in ("common", "rare") if name in labels),
    ]
    return [(name, query, filter_of(read_filters(parse_qs(query))), most) for name, query, most in views]
