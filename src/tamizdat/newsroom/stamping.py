"""
Time stamps for the public record, from any number of authorities, asked for at each tick.

An authority is a file ``authorities/NAME.pem``: its root certificates, and above them a line ``# url: https://...``.
What could not be asked waits as ``desk/stamps/NAME.tsq``, which may be carried to a machine that has a connection; the
answer, put beside it as ``NAME.tsr``, counts at the next tick (``NAME.for`` says what it is for: a name and a line, then
the very bytes). Stamps are published with the record. docs/spec/log.md.
"""

from __future__ import annotations

import dataclasses
import itertools
import re

from collections.abc import Callable, Iterator
from typing import Final

from cryptography.x509 import Certificate

from tamizdat.newsroom.house import LOG, House
from tamizdat.primitives.errors import AdapterError, TamizdatError
from tamizdat.primitives.stores import Below, read
from tamizdat.record import stamp


FOLDER: Final = "authorities"
WAITING: Final = "desk/stamps"
RENEW: Final = 90 * 86_400  # seconds before a stamp's certificate ends
# How many stamps are stamped anew at one tick: those of years may end on one day, and an authority is asked one by one.
AT_ONCE: Final = 50
_URL: Final = re.compile(rb"(?m)^# url: (https?://[!-~]+)$")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who stamps: a short name, an address (empty: only by hand), and the roots its stamps are checked up to."""

    name: str
    url: str
    roots: tuple[Certificate, ...]


def authorities(house: House) -> Iterator[Authority]:
    """
    Give the newsroom's authorities.

    Raises:
        FormatError: ``stamp-roots``: a file holds no certificates.
    """
    for file in house.root.names(FOLDER):
        name = file.rpartition("/")[2].removesuffix(".pem")
        if not file.endswith(".pem") or not _NAME.fullmatch(name):
            continue
        raw = read(house.root, file) or b""
        found = _URL.search(raw)
        yield Authority(name=name, url=found[1].decode("ascii") if found else "", roots=tuple(stamp.read_roots(raw)))


def tick(house: House, say: Callable[[str], None]) -> None:
    """Have the record's newest state stamped by every authority that has not stamped it, and old stamps stamped anew."""
    published = Below(house.root, LOG)
    raw = house.log_reader().checkpoint()
    for authority in authorities(house):
        try:
            _carried(house, authority, say)
            name = stamp.name(raw, authority.name)
            if read(published, name, 1) is None:
                _stamp(house, authority, stamp.stamped(raw), name, say)
            _renew(house, authority, name, say)
        except TamizdatError as error:
            say(f"no time stamp by {authority.name} yet: {error}")


def check(house: House) -> Iterator[tuple[str, stamp.Stamp]]:
    """
    Check every stamp of the record's newest state, and give it with its authority's name.

    Raises:
        FormatError, TrustError: As `stamp.verify`.
    """
    raw = house.log_reader().checkpoint()
    for authority in authorities(house):
        answer = read(Below(house.root, LOG), stamp.name(raw, authority.name))
        if answer is not None:
            yield authority.name, stamp.verify(answer, stamp.stamped(raw), authority.roots)


def _stamp(house: House, authority: Authority, data: bytes, name: str, say: Callable[[str], None]) -> None:
    """Get a stamp over *data* by the network; where that cannot be, let the request wait for somebody to carry it."""
    request, waiting = stamp.ask(data), f"{WAITING}/{authority.name}"
    try:
        answer = _ask(house, authority, request)
    except AdapterError:
        # One that somebody may be carrying is not replaced, unless the network was quicker: it would prove nothing new.
        if read(house.root, f"{waiting}.for", 1) is None or read(house.root, f"{waiting}.covered", 1) is not None:
            house.root.put(f"{waiting}.tsq", [request])
            house.root.put(f"{waiting}.for", [f"{name}\n".encode("ascii"), data])
            house.root.drop(f"{waiting}.covered")
        raise
    _publish(house, authority, answer, data=data, name=name, say=say)
    if read(house.root, f"{waiting}.for", 1) is not None:
        house.root.put(f"{waiting}.covered", [])


def _carried(house: House, authority: Authority, say: Callable[[str], None]) -> None:
    """Take the answer that was carried here, if there is one."""
    waiting = f"{WAITING}/{authority.name}"
    answer = read(house.root, f"{waiting}.tsr")
    name, _, data = (read(house.root, f"{waiting}.for") or b"").partition(b"\n")
    if answer is None or not name:
        return
    _publish(house, authority, answer, data=data, name=name.decode("ascii"), say=say)
    for kind in ("for", "tsq", "tsr", "covered"):
        house.root.drop(f"{waiting}.{kind}")


def _publish(
    house: House, authority: Authority, answer: bytes, *, data: bytes, name: str, say: Callable[[str], None]
) -> None:
    """Check a stamp, and only then publish it."""
    found = stamp.verify(answer, data, authority.roots)
    Below(house.root, LOG).put(name, [answer])
    say(f"stamped by {authority.name} ({found.authority})")


def _renew(house: House, authority: Authority, latest: str, say: Callable[[str], None]) -> None:
    """
    Stamp a stamp whose certificate soon ends: NAME.tsr.2 is over the bytes of NAME.tsr, and so on.

    Whoever checks goes from the newest to the oldest, each checked at the time that the next one proves.
    A stamp that was renewed waits then for a certificate that lasts longer, seen at *latest*, the newest state's stamp:
    else every tick would add one, up to more than a sidecar holds.
    """
    published = Below(house.root, LOG)
    lasts = stamp.until(read(published, latest) or b"")
    newest: dict[str, int] = {}
    for file in published.names("stamps"):
        base, _, step = file.partition(".tsr")
        if base.rpartition("/")[2] == authority.name:
            newest[base] = max(newest.get(base, 1), int(step.removeprefix(".") or 1))
    ending = (
        (old, _step(base, last + 1))
        for base, last in sorted(newest.items())
        if (ends := stamp.until(old := read(published, _step(base, last)) or b"")) - house.clock.now() < RENEW
        and (last == 1 or ends < lasts)
    )
    for old, name in itertools.islice(ending, AT_ONCE):
        _stamp(house, authority, old, name, say)


def _step(base: str, number: int) -> str:
    return f"{base}.tsr" if number == 1 else f"{base}.tsr.{number}"


def _ask(house: House, authority: Authority, request: bytes) -> bytes:
    if not authority.url or house.wire is None:
        raise AdapterError(
            "stamp-waiting",
            f"its request waits in {WAITING}/{authority.name}.tsq",
            mend="Send it to the authority from a machine with a connection, and put the answer beside it.",
        )
    answer = house.wire.post(authority.url, request, stamp.REQUEST_TYPE)
    if answer.status != 200:
        raise AdapterError("stamp-waiting", f"it answers {answer.status}", mend="Try again later.")
    return answer.body
