"""
The end of an arrival: its plan is written first, then done; a kill at any moment is finished by the next run.

The plan holds the arrival's record and its objects' commitments. From it follow, in this order: the commitments beside
the objects' keys, the originals in the vault, the leaves that wait for the public record, the record itself. Each of these
can be done twice. It does NOT decide anything: intake does.
"""

from __future__ import annotations

import dataclasses
import json

from collections.abc import Iterator
from typing import Final

from tamizdat.newsroom import arrival as records
from tamizdat.newsroom import custody, objects, origins, queue
from tamizdat.newsroom.arrival import Arrival
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.origins import Origin
from tamizdat.newsroom.staging import CHUNK, SPOOL, Staging
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import FormatError
from tamizdat.primitives.stores import read
from tamizdat.record import batch


UNFINISHED: Final = "desk/unfinished"
ARRIVALS: Final = "desk/arrivals"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be done: an arrival's record, and each commitment with the id of the object it belongs to."""

    arrival: Arrival
    kept: tuple[tuple[str, Origin], ...] = ()

    def leaves(self) -> Iterator[bytes]:
        """Give what waits for the public record: one leaf for the dossier, one for each object root."""
        if self.arrival.dossier_root:
            yield batch.leaf(self.arrival.nonce, self.arrival.dossier_root)
        yield from (origin.leaf for _, origin in self.kept if origin.leaf)


def record(house: House, keys: Keys, plan: Plan, staging: Staging) -> None:
    """Write down what will be done, and do it; what is staged and not to be kept goes."""
    secrets = {staged.object: staged.secret for staged in staging.items}
    stored = {item.object for item in plan.arrival.items if item.outcome == "stored"}
    for ident in stored:
        objects.write_key(house, ident, secrets[ident])
    for staged in staging.items:
        if staged.object not in stored:
            house.root.drop(f"{SPOOL}/{staged.object}")
    name = f"{UNFINISHED}/{plan.arrival.id}.age"
    house.root.put(name, [age.seal(_write(plan), keys.own_recipients, house.entropy)])
    # From here on the spool is the plan's: were it cleared after a full disk, the next run could not finish.
    staging.items = []
    staging.done()
    _finish(house, keys, plan, frozenset())


def recover(house: House, keys: Keys) -> tuple[Arrival, ...]:
    """Finish what killed runs had begun; give the arrivals finished now."""
    done = []
    known: frozenset[bytes] | None = None
    for name in list(house.root.names(UNFINISHED)):
        plan = _read(age.open_(read(house.root, name) or b"", keys.identities))
        # A leaf may have been queued before the kill, and have gone onto the public record since.
        known = queue.recorded(house, keys) if known is None else known
        _finish(house, keys, plan, known)
        done.append(plan.arrival)
    return tuple(done)


def _finish(house: House, keys: Keys, plan: Plan, known: frozenset[bytes]) -> None:
    made, root, vault = plan.arrival, house.root, house.vault()
    told = custody.Telling(house, keys, made)
    for ident, origin in plan.kept:
        origins.write(house, ident, origin)
    stored = [item for item in made.items if item.outcome == "stored"]
    vault.add_all(
        (item.object, _spooled(house, item.object), told.sealed(item.object))
        for item in stored
        if not vault.has(item.object)
    )
    for item in stored:
        objects.remember(house, keys, item.sha256, item.object)
    told.describe()
    for leaf in plan.leaves():
        if leaf not in known:
            queue.put_leaf(house, leaf)
    root.put(f"{ARRIVALS}/{made.id}.age", [age.seal(records.write(made), keys.own_recipients, house.entropy)])
    root.drop(f"{UNFINISHED}/{made.id}.age")
    for item in made.items:
        root.drop(f"{SPOOL}/{item.object or 'none'}")


def _spooled(house: House, ident: str) -> Iterator[bytes]:
    """Read what is staged of an object, from when it is asked for."""
    with house.root.open(f"{SPOOL}/{ident}") as stream:
        yield from iter(lambda: stream.read(CHUNK), b"")


def _write(plan: Plan) -> bytes:
    kept = [[ident, origins.plain(origin)] for ident, origin in plan.kept]
    said = {"arrival": records.write(plan.arrival).decode("ascii"), "kept": kept}
    return json.dumps(said, sort_keys=True).encode("ascii")


def _read(raw: bytes) -> Plan:
    try:
        said = json.loads(raw)
        if "arrival" not in said:  # an older version's: its seeds are in their places already
            return Plan(arrival=records.read(raw))
        kept = tuple((ident, origins.of_plain(plain)) for ident, plain in said["kept"])
        return Plan(arrival=records.read(said["arrival"].encode("ascii")), kept=kept)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FormatError(
            "arrival-record",
            "the plan of an arrival that was cut off cannot be read",
            mend="Restore desk/unfinished from your backup.",
        ) from error
