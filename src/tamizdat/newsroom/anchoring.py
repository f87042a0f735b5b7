"""
Anchors of the public record in Bitcoin, by calendars of OpenTimestamps, asked for at each tick: a second witness to its time.

A calendar is an address in newsroom.toml (``calendars``); no other is ever asked, whatever an answer says. Its promise is
published beside the time stamps as ``stamps/H/NAME.ots``, and noted in ``desk/anchors/NAME/H`` until a block has it; the
block's header, where newsroom.toml says from whom (``block-headers``), as ``NAME.header``. Whatever goes wrong is said, and
never holds the record up. docs/spec/log.md, "Anchors".
"""

from __future__ import annotations

import itertools
import re

from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

from tamizdat.newsroom.house import LOG, House
from tamizdat.primitives import note
from tamizdat.primitives.errors import AdapterError, FormatError, TamizdatError, UsageError
from tamizdat.primitives.stores import Below, read
from tamizdat.record import anchor, anchor_header, checkpoint, stamp
from tamizdat.record import log as logs


PENDING: Final = "desk/anchors"
NEWEST: Final = "desk/anchored"
EDITION: Final = "anchors"
# How many promises a calendar is asked about at one tick, the newest first; and how long it is asked, in seconds.
AT_ONCE: Final = 50
PATIENCE: Final = 90 * 86_400
FEW: Final = 4  # ways in one proof that are followed: a calendar has one or two, a liar hundreds
LONG: Final = 60  # seconds that a calendar may keep a tick with what it promised
_HASH: Final = re.compile(rb"[0-9a-f]{64}")
_KEPT: Final = re.compile(rb"([0-9]{1,20}) ([0-9a-f]{32})\n")

Say = Callable[[str], None]


def tick(house: House, say: Say) -> None:
    """Have the record's newest state promised a block by every calendar, and complete what was promised before."""
    if not house.settings.calendars:
        return
    raw = house.log_reader().checkpoint()
    try:
        anchor.load()
    except UsageError as error:
        say(f"no proof of OpenTimestamps: {error}. {error.mend}")
        return
    for calendar in house.settings.calendars:
        try:
            _ask(house, calendar, raw, say)
            _complete(house, calendar, say)
        except TamizdatError as error:
            say(f"no proof of OpenTimestamps by {anchor.short(calendar)} now: {error}")


def carried(house: House) -> Iterator[tuple[str, bytes]]:
    """
    Give what goes into an edition, by its place there: of each calendar the newest state of the record that a block has,
    and the newest that it promised one.
    """
    published, there = Below(house.root, LOG), set[str]()
    for calendar in house.settings.calendars:
        short = anchor.short(calendar)
        kept = _kept(house, short)
        for state in (*([kept[1]] if kept else []), *itertools.islice(_pending(house, short), 1)):
            there |= {f"{state}/{logs.CHECKPOINT}", f"{state}/{short}.ots", f"{state}/{short}.header"}
    for name in sorted(there):
        held = read(published, f"stamps/{name}", note.MAX_LENGTH)
        if held is not None:
            yield f"{EDITION}/{name}", held


def _ask(house: House, calendar: str, raw: bytes, say: Say) -> None:
    """Have a state of the record promised a block; nothing happens where this calendar did so."""
    published, name = Below(house.root, LOG), anchor.name(raw, calendar)
    if read(published, name, 1) is not None:
        return
    if house.wire is None:
        raise _waits("there is no way to it")
    nonce, data = house.entropy.random(anchor.NONCE_LENGTH), stamp.stamped(raw)
    answer = house.wire.post(f"{calendar}digest", anchor.digest(data, nonce))
    if answer.status != 200:
        raise _waits(f"it answers {answer.status}")
    made = anchor.first(data, nonce, answer.body)
    folder, _, file = name.rpartition("/")
    # The note first: a kill in between leaves one that leads to nothing, and this state is asked for anew.
    house.root.put(_note(file.removesuffix(".ots"), folder.rpartition("/")[2]), [b"%d\n" % house.clock.now()])
    published.put(f"{folder}/{logs.CHECKPOINT}", [raw])
    published.put(name, [made])
    say(
        f"{file.removesuffix('.ots')} promises to bring the record's state into a block of Bitcoin; that proves nothing yet"
    )


def _complete(house: House, calendar: str, say: Say) -> None:
    """Ask about what a calendar promised, for a minute at most; it may answer slowly on purpose."""
    short, began, told = anchor.short(calendar), house.clock.now(), dict[str, None]()
    for state in itertools.islice(list(_pending(house, short)), AT_ONCE):
        if house.clock.now() - began > LONG:
            break
        if began - _asked(house, short, state) > PATIENCE:
            house.root.drop(_note(short, state))
            told[f"it promised a block for the state {state} long ago, and is not asked for it any more"] = None
            continue
        try:
            if _block(house, short, state, say):
                house.root.drop(_note(short, state))
        except AdapterError:
            raise
        except TamizdatError as error:
            told[str(error)] = None
    for line in told:
        say(f"{short}: {line}")


def _block(house: House, short: str, state: str, say: Say) -> bool:
    """Complete one promise; say whether there is nothing more to ask."""
    published, name = Below(house.root, LOG), f"stamps/{state}/{short}"
    raw = read(published, f"{name}.ots")
    if raw is None:
        return True
    made = raw if anchor.read(raw).blocks else _asked_for(house, raw)
    if not anchor.read(made).blocks:
        return False
    signed = read(published, f"stamps/{state}/{logs.CHECKPOINT}") or b""
    size = checkpoint.read_text(note.read(signed).text).size
    header = _header(house, made)
    if header:
        published.put(f"{name}.header", [header])
    published.put(f"{name}.ots", [made])
    _newest(house, short, state, size)
    height = anchor.read(made).blocks[0][0]
    told = "" if header else ", it says; nobody held that against the block's header"
    say(f"{short}: a state of the record is in block {height} of Bitcoin{told}")
    return True


def _asked_for(house: House, raw: bytes) -> bytes:
    """
    Ask the calendars that promised, as far as newsroom.toml names them, whether a block has it.

    Raises:
        UsageError: ``anchor-calendar``: it names none of them.
    """
    known = {calendar.rstrip("/") for calendar in house.settings.calendars}
    pending = anchor.read(raw).pending[:FEW]
    for calendar, message in pending:
        if calendar.rstrip("/") not in known:
            continue
        if house.wire is None:
            raise _waits("there is no way to it")
        answer = house.wire.get(f"{calendar.rstrip('/')}/timestamp/{message.hex()}")
        if answer is not None:
            raw = anchor.upgraded(raw, message, answer)
    if known.isdisjoint(calendar.rstrip("/") for calendar, _ in pending):
        raise UsageError(
            "anchor-calendar",
            f"it sends us on to {', '.join(calendar for calendar, _ in pending)}, which newsroom.toml does not name",
            mend="Name that in `calendars` of newsroom.toml, if you want it asked.",
        )
    return raw


def _header(house: House, raw: bytes) -> bytes:
    """
    Get the header of the proof's block, and hold the proof against it; nothing where newsroom.toml names nobody to ask.

    Raises:
        FormatError: ``anchor-header``; ``anchor-answer``: none of the blocks has anything of ours.
    """
    base = house.settings.block_headers
    if not base or house.wire is None:
        return b""
    for height, root in anchor.read(raw).blocks[:FEW]:
        name = (house.wire.get(f"{base}block-height/{height}") or b"").strip()
        if not _HASH.fullmatch(name):
            continue
        header = (house.wire.get(f"{base}block/{name.decode('ascii')}/header") or b"").strip()
        if anchor_header.read(header).root == root:
            return anchor_header.write(bytes.fromhex(header.decode("ascii")), urlsplit(base).netloc.rpartition("@")[2])
    raise FormatError(
        "anchor-answer",
        "the block that its proof names has nothing of the record's state in it, as far as can be asked",
        mend="It is asked again at the next tick.",
    )


def _newest(house: House, short: str, state: str, size: int) -> None:
    kept = _kept(house, short)
    if kept is None or kept[0] < size:
        house.root.put(f"{NEWEST}/{short}", [f"{size} {state}\n".encode("ascii")])


def _kept(house: House, short: str) -> tuple[int, str] | None:
    """Give the size and the name of the newest state that a block has by this calendar."""
    found = _KEPT.fullmatch(read(house.root, f"{NEWEST}/{short}", 100) or b"")
    return (int(found[1]), found[2].decode("ascii")) if found else None


def _pending(house: House, short: str) -> Iterator[str]:
    """Give the states that a calendar promised a block for, the newest first."""
    states = [name.rpartition("/")[2] for name in house.root.names(f"{PENDING}/{short}")]
    yield from sorted(states, key=lambda state: (-_asked(house, short, state), state))


def _asked(house: House, short: str, state: str) -> int:
    """Say when a calendar was asked, in seconds since 1970; what cannot be read was long ago."""
    raw = (read(house.root, _note(short, state), 20) or b"").strip()
    return int(raw) if raw.isdigit() else 0


def _note(short: str, state: str) -> str:
    return f"{PENDING}/{short}/{state}"


def _waits(what: str) -> AdapterError:
    return AdapterError("anchor-waiting", what, mend="It is asked again at the next tick.")
