"""
Planning: how many parts of what size for which carriers, and what is lost when which fail. It makes NO parts, and knows
nothing of how likely anything is: whoever asks may name a chance. docs/spec/part.md, "Volumes".

A carrier is what can be lost by itself: a stick, a message. Each carries whole parts; or, where all of a part is more than
it holds, one file of a part, so that several of them carry a part together, volume by volume.
"""

from __future__ import annotations

import dataclasses
import math

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tamizdat.carry import chance, part, split
from tamizdat.primitives.errors import UsageError


BUDGET: Final = 2  # parts made for each that is enough, at most, where nobody says what must be survived
YARDSTICK: Final = (
    0.1  # plans are compared by this chance of a carrier's loss; it is no forecast, and is told to nobody
)
MOST_WEIGHT: Final = 8  # parts one carrier takes at most
MOST_CARRIERS: Final = 10_000
_LEAST: Final = 3 * part.packet_size(0)  # a part of one row
_ALIKE: Final = 0.01
_HANDFUL: Final = 16  # carriers of one kind of which each is used, and all alike
_TRIFLE: Final = 0.01  # what one part more must save to be worth it: few parts are easier to keep track of


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Carriers:
    """Some carriers of one kind: how many, what they are called ("stick"), and how many bytes each holds (None: enough)."""

    name: str
    count: int
    size: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST_CARRIERS or (self.size is not None and self.size < 1):
            raise UsageError(
                "plan-carrier",
                f"{self.count} carriers of {self.size or 'any'} bytes cannot be",
                mend=f"Give between 1 and {MOST_CARRIERS:,} carriers, and a size that is not 0.",
            )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """
    What the carriers of one kind take.

    Attributes:
        parts: The numbers of the parts, from 1; one tuple a carrier, or for *shared* one for all together.

        files: How many files each carrier takes at most.

        shared: Each part is spread over *used* carriers' worth: they carry files of it, volume by volume.

        used: How many of the carriers are used.
    """

    carriers: Carriers
    parts: tuple[tuple[int, ...], ...]
    files: int
    shared: bool
    used: int

    @property
    def weights(self) -> tuple[int, ...]:
        """How many parts of one volume the loss of each carrier takes away at most."""
        if self.shared:
            return (1,) * len(self.parts[0])
        return tuple(len(numbers) for numbers in self.parts)

    @property
    def total(self) -> int:
        """How many parts go this way."""
        return sum(len(numbers) for numbers in self.parts)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    A way to split and to share out.

    Attributes:
        need, total: k and n.

        part_size: For `seal --part-size`; None where no carrier is too small for a part.

        part_length: How many bytes all files of one part have together; *file_length* is the longest of them.

        volumes: How many files a part is.

        loads: What goes with which carriers.

        idle: Carriers that are not used, and why, in words.
    """

    sealed: int
    need: int
    total: int
    part_size: int | None
    part_length: int
    file_length: int
    volumes: int
    loads: tuple[Load, ...]
    idle: tuple[tuple[Carriers, str], ...] = ()

    @property
    def survives(self) -> int:
        """How many carriers, whichever they are, can be lost."""
        return _survived(self._weights(), self.total - self.need)

    @property
    def alike(self) -> bool:
        """Whether each carrier takes the same number of whole parts, as `seal --to` deals them."""
        return not any(load.shared for load in self.loads) and len(set(self._weights())) == 1

    @property
    def written(self) -> int:
        """How many bytes all parts have together."""
        return self.part_length * self.total

    def survives_of(self, load: Load) -> int:
        """How many carriers of this kind can be lost while all others arrive."""
        least = _survived(sorted(load.weights, reverse=True), self.total - self.need)
        return load.used if least == len(load.weights) else least

    def joins_without(self, lost: Iterable[Load]) -> bool:
        """Whether it still joins when all carriers of these kinds are lost."""
        return self.total - sum(load.total for load in lost) >= self.need

    def chance(self, loss: float) -> float:
        """
        Give the chance that all of it joins, if each carrier is lost by itself with the chance *loss*.

        A carrier's loss tells nothing of another's here; at a border that is seldom so.
        """
        whole = [load.weights for load in self.loads if not load.shared]
        shared = [load.weights for load in self.loads if load.shared]
        return chance.joined(self.need, loss, whole, shared, volumes=self.volumes)

    def _weights(self) -> list[int]:
        return sorted((weight for load in self.loads for weight in load.weights), reverse=True)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """How parts are for one k: see `Plan`."""

    need: int
    part_size: int | None
    part_length: int
    file_length: int
    volumes: int


def make(sealed: int, carriers: Sequence[Carriers], *, survive: int | None = None, data: int | None = None) -> Plan:
    """
    Choose how to split *sealed* bytes for these carriers.

    Args:
        sealed: The length of the sealed file.
        carriers: Everything that can carry.
        survive: How many carriers, whichever they are, may be lost: the least that is written then. None: as many as
            can be had while all parts together hold at most 1.75 times the sealed file.
        data: How many bytes are sealed, by which `seal` chooses the length of packets; None: about *sealed*.

    Raises:
        UsageError: It cannot be done, and why.
    """
    if not carriers:
        raise UsageError("plan-carrier", "no carrier was named", mend='Add --carrier "3 sticks".')
    fitting = [one for one in carriers if _fits(sealed, one)]
    found = [
        plan for chosen in _subsets(fitting) if (plan := _best(sealed, data or sealed, chosen, survive)) is not None
    ]
    if not found:
        raise _impossible(sealed, carriers, fitting, survive)
    most = max(plan.chance(YARDSTICK) for plan in found)
    # All kinds that were named are used where that harms nothing: they are other routes.
    best = next(plan for plan in found if survive is not None or plan.chance(YARDSTICK) > most - _ALIKE)
    used = [load.carriers for load in best.loads]
    idle = [(one, _why_idle(sealed, one, fits=one in fitting)) for one in carriers if one not in used]
    return dataclasses.replace(best, idle=tuple(idle))


def _best(sealed: int, data: int, carriers: Sequence[Carriers], survive: int | None) -> Plan | None:
    found = (
        plan
        for cut_ in _cuts(sealed, data, carriers)
        for plan in _plans(sealed, cut_, carriers, survive)
        if plan.survives >= (survive or 0)
    )
    return min(found, key=lambda plan: _rank(plan, survive), default=None)


def cut(sealed: int, data: int, need: int, part_size: int | None) -> tuple[int, int, int]:
    """Say, as `seal` will cut: the length of all of a part, of its longest file, and how many files it is."""
    length = -(-data // need)
    packet = part.packet_size(min(length, part_size or length))
    if part_size is None:
        whole = split.part_length(sealed, need=need, packet_size=packet, tagged=True)
        return whole, whole, 1
    volume = split.volume_for(part_size, need=need, packet_size=packet, tagged=True)
    volumes = max(1, -(-sealed // volume))
    longest = split.part_length(min(sealed, volume), need=need, packet_size=packet, tagged=True)
    rest = sealed - (volumes - 1) * volume
    last = split.part_length(rest, need=need, packet_size=packet, tagged=True)
    return (volumes - 1) * longest + last, longest, volumes


def _fits(sealed: int, carriers: Carriers) -> bool:
    """Whether these carriers alone could hold one part, however many it takes to be enough."""
    size = carriers.size
    return size is None or (size >= _LEAST and size * carriers.count * part.CAPACITY >= sealed)


def _why_idle(sealed: int, carriers: Carriers, *, fits: bool) -> str:
    if fits:
        return "they would add too little, or nothing that is needed"
    if carriers.size is not None and carriers.size < _LEAST:
        return f"none holds even the smallest part there can be, {_LEAST:,} bytes"
    return f"all together they hold less than one part: at most {part.CAPACITY} parts can be made of {sealed:,} bytes"


def _subsets(carriers: Sequence[Carriers]) -> Iterator[list[Carriers]]:
    """Give all kinds first, then with those left out that hold least."""
    order = sorted(carriers, key=lambda one: math.inf if one.size is None else one.size * one.count)
    for left_out in range(len(order)):
        gone = order[:left_out]
        yield [one for one in carriers if one not in gone]


def _cuts(sealed: int, data: int, carriers: Sequence[Carriers]) -> Iterator[_Cut]:
    for need in range(1, part.CAPACITY + 1):
        length, file_length, volumes = cut(sealed, data, need, None)
        small = [one.size for one in carriers if one.size is not None and one.size < length]
        part_size = min(small, default=None)
        if part_size is not None:
            try:
                length, file_length, volumes = cut(sealed, data, need, part_size)
            except UsageError:
                continue
        yield _Cut(need=need, part_size=part_size, part_length=length, file_length=file_length, volumes=volumes)


def _plans(sealed: int, cut_: _Cut, carriers: Sequence[Carriers], survive: int | None) -> Iterator[Plan]:
    """Give the plans for one k, by how many parts a carrier takes at most."""
    tried: set[tuple[int, ...]] = set()
    for most in range(1, MOST_WEIGHT + 1):
        rooms = [_room(cut_, one, most) for one in carriers]
        shape = tuple(map(sum, rooms))
        if not all(rooms) or shape in tried:
            continue
        tried.add(shape)
        heaviest = sorted((room for some in rooms for room in some), reverse=True)
        ceiling = min(sum(shape), part.CAPACITY)
        if survive is None:
            ceiling = min(ceiling, BUDGET * cut_.need)
            count = _survived(heaviest, ceiling - cut_.need)
        else:
            count = survive
        total = cut_.need + sum(heaviest[:count])
        total = max(
            total, sum(sum(room) if _handful(one, room) else 1 for one, room in zip(carriers, rooms, strict=True))
        )
        if cut_.need <= total <= ceiling:
            yield _shared_out(sealed, cut_, carriers, rooms, total)


def _room(cut_: _Cut, carriers: Carriers, most: int) -> list[int]:
    """Give how many parts each carrier can take; for carriers that share parts, one entry a part."""
    if carriers.size is None:
        return [most] * carriers.count
    files = carriers.size // cut_.file_length
    if files >= cut_.volumes:
        return [min(most, files // cut_.volumes)] * carriers.count
    return [1] * min(part.CAPACITY, carriers.count * files // cut_.volumes)


def _handful(carriers: Carriers, room: Sequence[int]) -> bool:
    return len(room) == carriers.count <= _HANDFUL


def _shared_out(
    sealed: int, cut_: _Cut, carriers: Sequence[Carriers], rooms: Sequence[Sequence[int]], total: int
) -> Plan:
    """Deal the parts: a handful of carriers take all they may, alike; the others round by round what is left."""
    dealt = [list(room) if _handful(one, room) else [0] * len(room) for one, room in zip(carriers, rooms, strict=True)]
    left = total - sum(map(sum, dealt))
    level = 0
    while left:
        level += 1
        for given, room in zip(dealt, rooms, strict=True):
            for place in range(len(room)):
                if left and given[place] < min(level, room[place]):
                    given[place] += 1
                    left -= 1
    # Numbered as they are dealt, which is the order `seal --to` writes them in.
    numbers: list[list[list[int]]] = [[[] for _ in given] for given in dealt]
    number = 0
    for level in range(max(max(given) for given in dealt)):
        for given, mine in zip(dealt, numbers, strict=True):
            for count, one in zip(given, mine, strict=True):
                if count > level:
                    number += 1
                    one.append(number)
    loads = [
        _load(cut_, one, tuple(map(tuple, mine))) for one, mine in zip(carriers, numbers, strict=True) if any(mine)
    ]
    return Plan(
        sealed=sealed,
        need=cut_.need,
        total=total,
        part_size=cut_.part_size,
        part_length=cut_.part_length,
        file_length=cut_.file_length,
        volumes=cut_.volumes,
        loads=tuple(loads),
    )


def _load(cut_: _Cut, carriers: Carriers, numbers: tuple[tuple[int, ...], ...]) -> Load:
    numbers = tuple(one for one in numbers if one)
    files = cut_.volumes if carriers.size is None else carriers.size // cut_.file_length
    if files >= cut_.volumes:
        most = max((len(one) for one in numbers), default=0) * cut_.volumes
        return Load(carriers=carriers, parts=numbers, files=most, shared=False, used=len(numbers))
    together = tuple(sorted(number for one in numbers for number in one))
    used = -(-len(together) * cut_.volumes // files)
    return Load(carriers=carriers, parts=(together,), files=files, shared=True, used=used)


def _rank(plan: Plan, survive: int | None) -> tuple[float, ...]:
    """Order plans: what most likely joins (unless what must be survived is given), then what writes least."""
    cost = plan.written / plan.sealed + _TRIFLE * plan.total
    likely = 0.0 if survive is not None else plan.chance(YARDSTICK)
    return (-round(likely / _ALIKE), cost)


def _survived(weights: Sequence[int], spare: int) -> int:
    """Say how many of the heaviest carriers can be lost."""
    lost = 0
    for weight in weights:
        spare -= weight
        if spare < 0:
            break
        lost += 1
    return lost


def _impossible(
    sealed: int, carriers: Sequence[Carriers], fitting: Sequence[Carriers], survive: int | None
) -> UsageError:
    count = sum(one.count for one in carriers)
    room = sum((one.size or 0) * one.count for one in carriers)
    bounded = all(one.size is not None for one in carriers)
    if bounded and (room < sealed or not fitting):
        return UsageError(
            "plan-small",
            f"these carriers hold {room:,} bytes together, and the sealed file has {sealed:,}",
            mend="Add carriers, or seal less: a testimony alone is a few kilobytes.",
        )
    if survive is not None and survive >= count:
        return UsageError(
            "plan-survive",
            f"of {count} carriers {survive} cannot all be lost",
            mend="Add carriers, or ask for less.",
        )
    what = f" that survive the loss of any {survive} of them" if survive else f" of {sealed:,} bytes"
    return UsageError(
        "plan-survive" if survive else "plan-small",
        f"these carriers have not room enough for parts{what}",
        mend="Add carriers or larger ones, or ask for less with --survive.",
    )
