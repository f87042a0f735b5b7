"""
The survey: what the parts at hand are good for, and how many more to bring. It reads NO ciphertext. docs/spec/part.md.

All numbers of parts and volumes in it are for people: they begin with 1.
"""

from __future__ import annotations

import dataclasses
import itertools

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from tamizdat.carry.part import Shape
from tamizdat.carry.scan import Group, Scan
from tamizdat.carry.spans import Spans, union
from tamizdat.primitives.errors import Fault, FormatError, ShortError


_NAMED: Final = 20  # how many stretches or volumes are listed by number


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a file holds of one part of one volume; *expected* is None while the volume's length is not known."""

    part: int
    volume: int
    whole: int
    expected: int | None

    @property
    def damaged(self) -> int | None:
        """How many of its packets are missing or spoiled."""
        return None if self.expected is None else self.expected - self.whole


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileFinding:
    """
    What one file is.

    Attributes:
        set_id: The set (32 hex digits) it belongs to; None where it holds no whole packet.

        shares: What it holds; one, unless several parts were put into one file.

        strangers: Whole packets of another set in it, which are passed over.

        forged: Packets with a wrong tag, where a tag key was at hand.

        spoiled_bytes: Bytes that belong to no whole packet; *unreadable_bytes* of them the medium would not give.

        same_as: The name of an earlier file that holds the same part.
    """

    name: str
    length: int
    set_id: str | None
    shares: tuple[Share, ...]
    strangers: int
    forged: int
    spoiled_bytes: int
    unreadable_bytes: int
    same_as: str | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VolumeFinding:
    """
    What is there of one volume.

    Attributes:
        rows: How many rows it has; None where nobody says.

        parts: Which parts there is anything of.

        missing: Stretches of rows (first and last, from 0) that cannot be rebuilt, at most twenty.

        missing_rows: How many rows cannot be rebuilt; the rows after the last that was seen are not counted where
            *rows* is None.

        more: How many more whole parts this volume needs.
    """

    volume: int
    rows: int | None
    parts: tuple[int, ...]
    missing: tuple[tuple[int, int], ...]
    missing_rows: int
    more: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """
    What the files at hand are good for, together.

    Attributes:
        need: How many parts are enough (k); how many were made is known to nobody.

        total_length: The length of the ciphertext; None where neither a descriptor nor the last row says it.

        volume_count: How many volumes there are; None where it cannot be known yet.

        volumes: What is there, volume by volume; those of which there is nothing are left out.

        missing_volumes: The first twenty volumes of which there is nothing at all.

        missing_parts: How many more whole parts to bring, of the volume that lacks most; 0 is enough.
    """

    set_id: str
    need: int
    packet_size: int
    tagged: bool
    total_length: int | None
    volume_count: int | None
    volume_rows: int | None
    volumes: tuple[VolumeFinding, ...]
    missing_volumes: tuple[int, ...]
    missing_parts: int
    files: tuple[FileFinding, ...]

    @property
    def enough(self) -> bool:
        """Whether the dossier can be joined byte for byte."""
        return self.missing_parts == 0

    @property
    def present(self) -> tuple[int, ...]:
        """The parts there is anything of, in any volume."""
        return tuple(sorted({number for volume in self.volumes for number in volume.parts}))

    def require(self) -> None:
        """
        Go on only where there is enough.

        Raises:
            ShortError: There is not; it names how many more to bring, what is here, and what is missing.
        """
        if self.enough:
            return
        here = ", ".join(str(number) for number in self.present) or "none"
        raise ShortError(
            "carry-short",
            f"{self.missing_parts} more of the parts are needed: any {self.need} are enough, and here is of part {here}",
            mend=f"Bring {self.missing_parts} more, other than these; damaged ones may do.",
            faults=tuple(self._faults()),
        )

    def _faults(self) -> Iterable[Fault]:
        mend = "Bring another part of this volume."
        if self.total_length is None:
            yield Fault(
                code="carry-short", where="the end", what="the last packets of every part are missing", mend=mend
            )
        for volume in self.volumes:
            for first, last in volume.missing:
                where = f"volume {volume.volume}, rows {first} to {last}"
                yield Fault(
                    code="carry-short", where=where, what=f"fewer than {self.need} packets are whole", mend=mend
                )
        for number in self.missing_volumes:
            yield Fault(code="carry-short", where=f"volume {number}", what="nothing of it is here", mend=mend)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The one set that will be joined: its shape, and every source's packets of it, by volume."""

    shape: Shape
    total: int | None
    volume_rows: int | None
    groups: dict[int, list[tuple[int, Group]]]

    @property
    def all_rows(self) -> int | None:
        """How many rows all volumes have together."""
        return None if self.total is None else max(1, -(-self.total // self.shape.stripe))

    @property
    def volume_count(self) -> int | None:
        """How many volumes there are."""
        if self.all_rows is None:
            return None
        return 1 if self.volume_rows is None else -(-self.all_rows // self.volume_rows)

    def rows(self, volume: int) -> int | None:
        """How many rows a volume has."""
        count = self.volume_count
        if count is None or self.all_rows is None:
            return self.volume_rows  # were this the last volume, its end would most likely be here too
        if volume + 1 < count and self.volume_rows is not None:
            return self.volume_rows
        return self.all_rows - (count - 1) * (self.volume_rows or 0)


def choose(scans: Sequence[Scan], names: Sequence[str], set_id: bytes | None) -> Plan:
    """
    Settle which set is meant, and what most of its parts say of its length.

    Raises:
        FormatError: The files belong to different sets.
        ShortError: None of them holds a whole packet.
    """
    files: dict[bytes, list[str]] = defaultdict(list)
    for name, scan in zip(names, scans, strict=True):
        if (main := _main(scan.groups.values())) is not None:
            files[main].append(name)
    if set_id is None:
        if len(files) > 1:
            raise _mixed(files)
        set_id = next(iter(files), None)
    groups = [(source, group) for source, scan in enumerate(scans) for group in scan.groups.values()]
    groups = [(source, group) for source, group in groups if group.shape.set_id == set_id]
    votes: Counter[Shape] = Counter()
    for _, group in groups:
        votes[group.shape] += group.whole
    if not votes:
        raise ShortError(
            "carry-none",
            "none of these files holds a whole packet of a part",
            mend="Look for the files again; a part's name says nothing, so try them all.",
        )
    shape = votes.most_common(1)[0][0]
    mine = [(source, group) for source, group in groups if group.shape == shape]
    rows = _most((group.index, value) for _, group in mine for value in group.rows)
    total = _most((group.index, value) for _, group in mine for value in claimed(group, rows))
    by_volume: dict[int, list[tuple[int, Group]]] = defaultdict(list)
    for source, group in mine:
        by_volume[group.volume].append((source, group))
    return Plan(shape=shape, total=total, volume_rows=rows or None, groups=dict(by_volume))


def judge(plan: Plan, scans: Sequence[Scan], names: Sequence[str]) -> Survey:
    """Say what the packets of the chosen set are good for."""
    shape, count = plan.shape, plan.volume_count
    inside = _inside(plan)
    volumes = tuple(_volume(plan, volume) for volume in inside)
    end = count if count is not None else (inside[-1] + 1 if inside else 0)
    seen = set(inside)
    missing: list[int] = []
    for volume in range(min(end, len(seen) + _NAMED)):
        if volume not in seen and len(missing) < _NAMED:
            missing.append(volume + 1)
    return Survey(
        set_id=shape.set_id.hex(),
        need=shape.need,
        packet_size=shape.packet,
        tagged=shape.tagged,
        total_length=plan.total,
        volume_count=count,
        volume_rows=plan.volume_rows,
        volumes=volumes,
        missing_volumes=tuple(missing),
        missing_parts=_more(plan, volumes),
        files=_files(plan, scans, names),
    )


def shortage(plan: Plan) -> int:
    """Say how many more whole parts are needed, of the volume that lacks most."""
    return _more(plan, [_volume(plan, volume) for volume in _inside(plan)])


def _inside(plan: Plan) -> list[int]:
    """Give the volumes there is something of; a forged packet may be of one that there is not."""
    return sorted(volume for volume in plan.groups if plan.volume_count is None or volume < plan.volume_count)


def _more(plan: Plan, volumes: Sequence[VolumeFinding]) -> int:
    if plan.volume_count is None or len(volumes) < plan.volume_count:
        return plan.shape.need
    return max((volume.more for volume in volumes), default=plan.shape.need)


def _volume(plan: Plan, volume: int) -> VolumeFinding:
    need, rows = plan.shape.need, plan.rows(volume)
    groups = [group for _, group in plan.groups[volume]]
    begins, heights = _coverage(groups, rows)
    end = rows if rows is not None else (int(begins[-1]) if len(begins) else 0)
    # Each stretch ends where the next begins; before the first there is nothing.
    starts, stops, counts = np.r_[0, begins], np.r_[begins, end], np.r_[0, heights]
    lacking = (stops > starts) & (counts < need)
    starts, stops, counts = starts[lacking], stops[lacking], counts[lacking]
    apart = starts[1:] != stops[:-1]
    missing = zip(starts[np.r_[True, apart][: len(starts)]], stops[np.r_[apart, True][: len(stops)]], strict=True)
    least = int(counts.min(initial=need)) if rows is not None else 0
    return VolumeFinding(
        volume=volume + 1,
        rows=rows,
        parts=tuple(sorted({group.index + 1 for group in groups})),
        missing=tuple((int(first), int(stop) - 1) for first, stop in itertools.islice(missing, _NAMED)),
        missing_rows=int((stops - starts).sum()),
        more=need - least,
    )


def _coverage(groups: Iterable[Group], rows: int | None) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Say from which row on how many different blocks are whole: stretch after stretch, the last of them empty."""
    by_index: dict[int, list[Spans]] = defaultdict(list)
    for group in groups:
        by_index[group.index].append(group.spans)
    edges: list[npt.NDArray[np.int64]] = []
    steps: list[npt.NDArray[np.int64]] = []
    for spans in by_index.values():
        first, last = union(spans)
        edges += [first, last + 1]
        steps += [np.full(len(first), 1, np.int64), np.full(len(first), -1, np.int64)]
    edge, step = np.concatenate([np.zeros(0, np.int64), *edges]), np.concatenate([np.zeros(0, np.int64), *steps])
    begins, places = np.unique(edge if rows is None else np.minimum(edge, rows), return_inverse=True)
    return begins, np.cumsum(np.bincount(places, weights=step, minlength=len(begins)).astype(np.int64))


def _files(plan: Plan, scans: Sequence[Scan], names: Sequence[str]) -> tuple[FileFinding, ...]:
    files = []
    holders: dict[tuple[int, int], str] = {}
    for name, scan in zip(names, scans, strict=True):
        mine = [group for group in scan.groups.values() if group.shape == plan.shape]
        main = _main(scan.groups.values())
        holder = holders.get((mine[0].volume, mine[0].index)) if len(mine) == 1 else None
        for group in mine:
            holders.setdefault((group.volume, group.index), name)
        files.append(
            FileFinding(
                name=name,
                length=scan.length,
                set_id=None if main is None else main.hex(),
                shares=tuple(_share(plan, group) for group in sorted(mine, key=lambda one: (one.volume, one.index))),
                strangers=sum(group.whole for group in scan.groups.values() if group.shape != plan.shape),
                forged=scan.forged,
                spoiled_bytes=scan.spoiled,
                unreadable_bytes=scan.unreadable,
                same_as=holder,
            )
        )
    return tuple(files)


def _share(plan: Plan, group: Group) -> Share:
    rows = plan.rows(group.volume)
    return Share(part=group.index + 1, volume=group.volume + 1, whole=group.spans.count(rows), expected=rows)


def _main(groups: Iterable[Group]) -> bytes | None:
    """Give the set most of a file's packets belong to: a remnant of another on the same card does not count."""
    votes: Counter[bytes] = Counter()
    for group in groups:
        votes[group.shape.set_id] += group.whole
    return votes.most_common(1)[0][0] if votes else None


def claimed(group: Group, rows: int | None) -> Iterable[int]:
    """Give the lengths a part claims; a false one is outvoted by the other parts."""
    yield from group.totals
    for stripe, used in group.ends:
        if group.volume == 0 or rows:
            yield (group.volume * (rows or 0) + stripe) * group.shape.stripe + used


def _most(claims: Iterable[tuple[int, int]]) -> int | None:
    """Give the value most parts claim, each part counted once a value; the smallest where two have as many."""
    votes = Counter(value for _, value in set(claims))
    return min(votes, key=lambda value: (-votes[value], value)) if votes else None


def _mixed(files: dict[bytes, list[str]]) -> FormatError:
    faults = tuple(
        Fault(
            code="carry-mixed",
            where=", ".join(names),
            what=f"set {set_id.hex()[:8]}: {len(names)} of the files belong together",
            mend="Join these by themselves.",
        )
        for set_id, names in files.items()
    )
    groups = "; ".join(fault.where for fault in faults)
    return FormatError(
        "carry-mixed",
        f"these parts come from {len(files)} different dossiers: {groups}",
        mend="Keep the parts of each dossier in a folder of their own.",
        faults=faults,
    )
