"""
One line on the public record per slot, whether anything came or not, so that nobody can count arrivals.

Needs the log's key only: it can run unattended. What the batch's places mean is sealed to the newsroom.
"""

from __future__ import annotations

import json

from collections.abc import Callable
from typing import Final

from tamizdat.newsroom import anchoring, queue, stamping, ticks, witnessing
from tamizdat.newsroom.house import House
from tamizdat.primitives.age import file as age
from tamizdat.primitives.note import Signer
from tamizdat.primitives.stores import read
from tamizdat.record import batch
from tamizdat.record import entry as entries
from tamizdat.record import log as logs
from tamizdat.record.entry import BatchEntry


PLAN: Final = "desk/tick.json"


def due(
    house: House,
    signer: Signer,
    say: Callable[[str], None] = lambda _: None,
) -> BatchEntry | None:
    """
    Write this slot's batch if it is due; None where it is not.

    Raises:
        AdapterError: ``clock-backwards``: the record reaches into the future of this machine's clock.
    """
    log = witnessing.writer(house, signer, say)
    reader = log.reader()
    last = entries.last_batch(reader.newest_first())
    _recover(house, last)
    slot = entries.due(last.slot if last else None, house.clock.now(), house.settings.slot)
    if slot is None:
        witnessing.gather(house, log, say)  # whoever could not be asked the last time
        stamping.tick(house, say)
        ticks.keep(house, log.reader())
        anchoring.tick(house, say)
        return None
    witnessing.guard(house, reader, say)
    queued = {name: read(house.root, name) or b"" for name in house.root.names(queue.QUEUE)}
    made = batch.write(queued.values(), house.entropy)
    sealed = age.seal(batch.write_map(made.secret_map), house.card_recipients(), house.entropy)
    house.root.put(f"desk/batches/{made.root.hex()}.age", [sealed])
    taken = sorted(name for name, leaf in queued.items() if leaf not in made.left_over)
    # Written before the record and dropped after it: a kill in between puts no leaf on the record twice.
    house.root.put(PLAN, [json.dumps({"root": made.root.hex(), "taken": taken}).encode("ascii")])
    entry = BatchEntry(sequence=last.sequence + 1 if last else 1, slot=slot.slot, missed=slot.missed, root=made.root)

    def made_alone(_: int) -> list[bytes]:
        if entries.last_batch(reversed(log.since(reader.size))):
            raise logs.changed()
        return [entries.write(entry)]

    log.append_made(made_alone)
    witnessing.settle(house, log, say)
    ticks.keep(house, log.reader())
    stamping.tick(house, say)
    _recover(house, entry)
    if slot.missed:
        say(f"slots that went by without a line on the public record: {slot.missed}; the gap shows in it")
    anchoring.tick(house, say)
    return entry


def _recover(house: House, last: BatchEntry | None) -> None:
    raw = read(house.root, PLAN)
    if raw is None:
        return
    plan = json.loads(raw)
    if last is not None and last.root.hex() == plan["root"]:
        for name in plan["taken"]:
            house.root.drop(name)
    else:
        house.root.drop(f"desk/batches/{plan['root']}.age")
    house.root.drop(PLAN)
