"""
A glance: what files seem to be by their first and last packets, so that most joins read each byte once.

It PROVES nothing and is never the last word: whatever is unclear is left to a scan of everything,
and each packet is checked when it is read. docs/spec/part.md, "Reading".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import BinaryIO, Final

from tamizdat.carry import part
from tamizdat.carry.scan import Group, Scan, look
from tamizdat.carry.spans import Spans, number, row_from
from tamizdat.carry.survey import Plan, claimed, shortage
from tamizdat.primitives.errors import MediumGoneError


_SEARCHED: Final = 4 << 20  # how far into a file its first whole packet is looked for
_LAST: Final = 4  # how many packets at its end are looked at


def glance(source: BinaryIO, *, tag_key: bytes | None = None) -> Scan:
    """Look at a source's first whole packets and its last; everything between them is left out."""
    found = Scan(length=0)
    try:
        found.length = source.seek(0, 2)
        look(found, source, 0, min(found.length, _SEARCHED), most=1, tag_key=tag_key)
        size = max((group.shape.packet for group in found.groups.values()), default=part.PACKETS[-1])
        bases = {base for group in found.groups.values() for base in group.spans.bases}
        begin = max(0, found.length - _LAST * size)
        if bases:
            begin += (min(bases) - begin) % size  # where the packets begin, if all stand as they were written
        if begin > 0:
            look(found, source, max(begin, size), found.length, tag_key=tag_key)
    except MediumGoneError:
        return Scan(length=found.length, gone=True)
    return found


def suppose(scans: Sequence[Scan], set_id: bytes | None) -> Plan | None:
    """
    Say where all packets of the set would stand; None where the files are unclear, contradict each other, or are
    not enough even so.
    """
    groups = [(source, group) for source, scan in enumerate(scans) for group in scan.groups.values()]
    if set_id is not None:
        groups = [(source, group) for source, group in groups if group.shape.set_id == set_id]
    shapes = {group.shape for _, group in groups}
    rows = {value for _, group in groups for value in group.rows}
    totals = {value for _, group in groups for value in claimed(group, max(rows, default=None))}
    if len(shapes) != 1 or len(rows) != 1 or len(totals) != 1:
        return None
    by_volume: dict[int, list[tuple[int, Group]]] = defaultdict(list)
    for source, group in groups:
        by_volume[group.volume] += ((source, one) for one in _stretched(group, scans[source].length))
    plan = Plan(shape=shapes.pop(), total=totals.pop(), volume_rows=rows.pop() or None, groups=dict(by_volume))
    return plan if shortage(plan) == 0 else None


def _stretched(group: Group, length: int) -> Iterable[Group]:
    """Give the rows a part has in a source if it stands there undisturbed: once for each place it may begin at."""
    size = group.shape.packet
    for base in sorted(group.spans.bases):
        first = row_from(-(base // size))
        last = row_from((length - base) // size) - 1
        while last >= first and base + (number(last) + 1) * size > length:
            last -= 1
        while first <= last and base + number(first) * size < 0:
            first += 1
        if first <= last < 1 << 32:
            spans = Spans()
            spans.add(first, last, base)
            yield Group(shape=group.shape, volume=group.volume, index=group.index, spans=spans)
