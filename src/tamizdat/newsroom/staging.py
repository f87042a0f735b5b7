"""
Staging: payloads on their way into the vault, sealed in the spool, and the journal by which a run that was cut off goes on.

A journal says which payloads of one sealed file are staged already. It is sealed to the newsroom and keyed with the
desk's key, it is named by no one who has not the sealed file, and what it says is proven again before it is used: each
staged payload is opened and hashed. docs/spec/dossier.md, "Going on after a cut".
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json

from collections.abc import Iterator
from typing import Any, Final

from tamizdat.field.archive import Readable
from tamizdat.field.dossier import Entry
from tamizdat.newsroom import kinds, objects
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import recipients
from tamizdat.primitives.errors import TamizdatError
from tamizdat.primitives.stores import read


CHUNK: Final = 1 << 20
SPOOL: Final = "desk/spool"
UNREAD: Final = "desk/unread"
# A journal is written anew when so much was staged since the last one, and a share of what is staged in all, so that
# its own cost stays small. A kill costs no more than that.
_EVERY_BYTES: Final = 64 << 20
_EVERY_FILES: Final = 256


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A payload in the spool, sealed to an identity of its own."""

    object: str
    secret: str = dataclasses.field(repr=False)
    size: int
    sha256: bytes
    kind: str


class Staging:
    """
    What one arrival has in the spool.

    Attributes:
        items: What was staged, in order.
    """

    def __init__(self, house: House, keys: Keys) -> None:
        self.items: list[Staged] = []
        self._house = house
        self._keys = keys
        self._journal = ""
        self._entries: list[tuple[Entry, Staged]] = []
        self._bytes = 0
        self._written = (0, 0)

    def stage(self, stream: Readable) -> Staged:
        """Seal a stream into the spool, to a fresh identity of its own, and measure it on the way."""
        made = objects.fresh(self._house)
        state, size, head = hashlib.sha256(), 0, b""

        def sealed() -> Iterator[bytes]:
            nonlocal size, head
            sink = _Pieces()
            writer = age.Writer(sink, [made.recipient], entropy=self._house.entropy)
            while chunk := stream.read(CHUNK):
                head = head or chunk[: kinds.HEAD]
                state.update(chunk)
                size += len(chunk)
                writer.write(chunk)
                yield from sink.take()
            writer.close()
            yield from sink.take()

        self._house.root.put(f"{SPOOL}/{made.id}", sealed())
        staged = Staged(
            object=made.id,
            secret=made.secret,
            size=size,
            sha256=state.digest(),
            kind=kinds.kind(head) if size else "empty file",
        )
        self.items.append(staged)
        return staged

    def resume(self, file_key: bytes) -> list[tuple[Entry, Staged]]:
        """Give what an earlier run staged of the sealed file with this key, each proven anew, and keep a journal of it."""
        self._journal = f"{UNREAD}/{hmac.digest(self._keys.desk, b'unread' + file_key, 'sha256')[:16].hex()}.age"
        sound = True
        for number, (entry, staged) in enumerate(_entries(self._house, self._keys, self._journal), 1):
            self.items.append(staged)
            sound = sound and entry.number == number and self._proven(staged)
            if sound:
                self._entries.append((entry, staged))
        for staged in self.items[len(self._entries) :]:
            self._house.root.drop(f"{SPOOL}/{staged.object}")
        del self.items[len(self._entries) :]
        self._written = len(self._entries), 0
        return list(self._entries)

    def note(self, entry: Entry, staged: Staged) -> None:
        """Enter a payload in the journal, which is brought to the disk now and then."""
        self._entries.append((entry, staged))
        self._bytes += staged.size
        files, size = self._written
        due = self._bytes - size >= _EVERY_BYTES + size // 16
        if due or len(self._entries) - files >= _EVERY_FILES + files // 4:
            self.write()

    def write(self) -> None:
        """Bring the journal to the disk."""
        said = [
            dataclasses.asdict(staged) | {"sha256": staged.sha256.hex(), "entry": dataclasses.asdict(entry)}
            for entry, staged in self._entries
        ]
        raw = json.dumps(said, sort_keys=True).encode("ascii")
        raw = hmac.digest(self._keys.desk, b"journal" + raw, "sha256") + raw
        self._house.root.put(self._journal, [age.seal(raw, self._keys.own_recipients, self._house.entropy)])
        self._written = len(self._entries), self._bytes

    def keep(self) -> None:
        """Leave what is staged for the next run, where a journal can be kept of it."""
        if self._journal and self._entries:
            self.write()
            kept = {staged.object for _, staged in self._entries}
            self.items = [staged for staged in self.items if staged.object not in kept]

    def done(self) -> None:
        """End the journal: nothing of it is needed any more."""
        if self._journal:
            self._house.root.drop(self._journal)
            self._journal = ""

    def clear(self) -> None:
        """Drop what is staged."""
        for staged in self.items:
            self._house.root.drop(f"{SPOOL}/{staged.object}")
        self.items = []

    def _proven(self, staged: Staged) -> bool:
        """Open what is staged, and see whether it is what the journal says."""
        try:
            identity = recipients.read_identity(staged.secret)
            state, size = hashlib.sha256(), 0
            with self._house.root.open(f"{SPOOL}/{staged.object}") as stream:
                for chunk in age.Reader(stream, [identity]).chunks():
                    state.update(chunk)
                    size += len(chunk)
        except (FileNotFoundError, TamizdatError):
            return False
        return (state.digest(), size) == (staged.sha256, staged.size)


def tidy(house: House, keys: Keys, finished: set[str]) -> None:
    """
    Drop what runs that were cut off have left, but for what a journal still has.

    *finished* are the objects whose arrival has been finished: a journal that has one of them is done with.
    """
    spool = {name.rpartition("/")[2] for name in house.root.names(SPOOL)}
    kept: set[str] = set()
    for name in list(house.root.names(UNREAD)):
        held = {staged.object for _, staged in _entries(house, keys, name)}
        if held & finished or not held & spool:
            house.root.drop(name)
        else:
            kept |= held
    for ident in spool - kept:
        objects.forget(house, ident)
        house.root.drop(f"{SPOOL}/{ident}")


def _entries(house: House, keys: Keys, name: str) -> list[tuple[Entry, Staged]]:
    """Read a journal; one that is not ours, or damaged, says nothing."""
    raw = read(house.root, name)
    if raw is None:
        return []
    try:
        plain = age.open_(raw, keys.identities)
        mac, said = plain[:32], plain[32:]
        if not hmac.compare_digest(mac, hmac.digest(keys.desk, b"journal" + said, "sha256")):
            return []
        return [_entry(one) for one in json.loads(said)]
    except (TamizdatError, ValueError, TypeError, KeyError):
        return []


def _entry(said: dict[str, Any]) -> tuple[Entry, Staged]:
    entry = Entry(**said.pop("entry"))
    return entry, Staged(**said | {"sha256": bytes.fromhex(said["sha256"])})


class _Pieces:
    """A sink that hands on what was written to it."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def take(self) -> list[bytes]:
        held, self._held = self._held, []
        return held
