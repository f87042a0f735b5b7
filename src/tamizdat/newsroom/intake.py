"""
Receive: rebuild, open, verify, and store each original in the vault; say of every file what was done.

A kill at any moment loses nothing: what is staged is ciphertext under ``desk/spool``; the record of
the arrival is written before the first original moves into the vault, and the next run finishes it.

Nothing here decodes a file: bytes are hashed, sealed and stored, however hostile.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import io

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Final, Protocol

from tamizdat.field import archive, dossier, ustar
from tamizdat.newsroom import arrival as records
from tamizdat.newsroom import kinds, objects, queue
from tamizdat.newsroom.arrival import Arrival, Item
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives import digest
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import FormatError, TamizdatError
from tamizdat.primitives.stores import read
from tamizdat.redaction import commit


CHUNK: Final = 1 << 20
SPOOL: Final = "desk/spool"
UNFINISHED: Final = "desk/unfinished"
Progress = Callable[[int], None]


class Plain(Protocol):
    """A file that came unsealed."""

    @property
    def name(self) -> bytes:
        """What it is called: raw bytes."""

    def open(self) -> BinaryIO:
        """Open it for reading."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Staged:
    """A payload in the spool, sealed to an identity of its own."""

    object: str
    secret: str = dataclasses.field(repr=False)
    size: int
    sha256: bytes
    kind: str


class Intake:
    """
    The newsroom's receiving desk for one run.

    Args:
        house: The newsroom.

        keys: Its unlocked keys.

        progress: Told how many bytes were just read.
    """

    def __init__(self, house: House, keys: Keys, progress: Progress = lambda _: None) -> None:
        self._house = house
        self._keys = keys
        self._progress = progress
        self._staged: list[_Staged] = []

    def recover(self) -> tuple[Arrival, ...]:
        """Finish what a killed run had begun, and clear what it had only staged; give the arrivals finished now."""
        root = self._house.root
        done = []
        for name in list(root.names(UNFINISHED)):
            found = records.read(self._open(name))
            self._finish(found)
            done.append(found)
        for name in list(root.names(SPOOL)):
            objects.forget(self._house, name.rpartition("/")[2])
            root.drop(name)
        return tuple(done)

    def sealed(self, source: BinaryIO, name: bytes) -> Arrival:
        """
        Receive one age file, a dossier or another.

        Args:
            source: The ciphertext; read once, from where it stands.

            name: What the file was called, for an age file that holds a single file.

        Raises:
            TrustError: None of the newsroom's keys opens it.
        """
        self._staged = []
        try:
            plain = io.BufferedReader(_Counted(age.Reader(source, self._keys.identities), self._progress), CHUNK)
            match dossier.kind(plain.peek(ustar.BLOCK)):
                case "dossier":
                    return self._dossier(plain)
                case "tar":
                    return self._tar(plain)
                case _:
                    return self._single(plain, name)
        finally:
            self._clear()

    def unsealed(self, files: Sequence[Plain], *, sender: str, via: str) -> Arrival:
        """Receive files that came open; the record says so for ever."""
        self._staged = []
        try:
            items: list[Item | _Staged] = []
            names = []
            for number, file in enumerate(files, 1):
                names.append(file.name)
                try:
                    with file.open() as stream:
                        items.append(self._stage(stream))
                except OSError as error:
                    items.append(_refused(number, file.name, f"it cannot be read: {error.strerror}"))
            return self._commit("unsealed", names, items, how=f"came unsealed, {via}", sender=sender, via=via)
        finally:
            self._clear()

    def _dossier(self, plain: BinaryIO) -> Arrival:
        def visit(_entry: object, stream: BinaryIO) -> None:
            self._stage(stream)

        try:
            opened = dossier.read(plain, visit)
        except FormatError as error:
            return self._refuse_all(error)
        ident = self._ident(b"dossier", opened.dossier_root)
        before = read(self._house.root, f"desk/arrivals/{ident}.age")
        if before is not None:
            return self._seen_before(records.read(self._unseal(before)))
        items = []
        seeds = {}
        known: dict[bytes, str] = {}
        for number, (info, staged) in enumerate(zip(opened.objects, self._kept(opened), strict=True), 1):
            item = self._place(number, info.name, staged, how=info.how, root=info.root, known=known)
            items.append(item)
            seeds[number] = info.seed
        return self._record(
            Arrival(
                id=ident,
                received=self._house.clock.now(),
                route="sealed",
                items=tuple(items),
                dossier_root=opened.dossier_root,
                announcement=opened.announcement,
                nonce=self._house.entropy.random(32),
                announced=queue.announced(self._house, self._keys, opened.announcement),
                left_out=tuple((_shown(one.name), one.reason) for one in opened.left_out),
            ),
            seeds,
        )

    def _kept(self, opened: dossier.Opened) -> list[_Staged]:
        """Pass over what the sender marked as void: it changed while it was sealed, and no file held those bytes."""
        void = {info.number for info in opened.void}
        return [staged for number, staged in enumerate(self._staged, 1) if number not in void]

    def _tar(self, plain: BinaryIO) -> Arrival:
        names: list[bytes] = []
        items: list[Item | _Staged] = []
        faults: list[str] = []
        try:
            for member in archive.read_members(plain):
                names.append(member.name)
                if member.fault is not None or member.stream is None:
                    why = member.fault.what if member.fault else "it is not a regular file"
                    items.append(_refused(len(names), member.name, why))
                else:
                    items.append(self._stage(member.stream))
        except FormatError as error:
            # What stood whole before the break is kept: nothing that arrived is lost.
            faults.append(f"the archive breaks off: {error}")
        return self._commit(
            "age", names, items, how="in an archive sealed with ordinary age tools", faults=tuple(faults)
        )

    def _single(self, plain: BinaryIO, name: bytes) -> Arrival:
        staged = self._stage(plain)
        return self._commit("age", [name.removesuffix(b".age")], [staged], how="sealed with ordinary age tools")

    def _stage(self, stream: BinaryIO) -> _Staged:
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
        staged = _Staged(
            object=made.id,
            secret=made.secret,
            size=size,
            sha256=state.digest(),
            kind=kinds.kind(head) if size else "empty file",
        )
        self._staged.append(staged)
        return staged

    def _commit(
        self,
        route: str,
        names: list[bytes],
        items: list[Item | _Staged],
        *,
        how: str,
        sender: str = "",
        via: str = "",
        faults: tuple[str, ...] = (),
    ) -> Arrival:
        secret = self._house.entropy.random(32)
        placed: list[Item] = []
        seeds: dict[int, bytes] = {}
        known: dict[bytes, str] = {}
        for number, (name, item) in enumerate(zip(names, items, strict=True), 1):
            if isinstance(item, _Staged):
                seeds[number] = digest.derive(secret, "object", number - 1)
                root = commit.object_root(seeds[number], item.sha256)
                placed.append(self._place(number, name, item, how=how, root=root, known=known))
            else:
                placed.append(item)
        made = Arrival(
            id=self._house.entropy.random(16).hex(),
            received=self._house.clock.now(),
            route=route,  # type: ignore[arg-type]
            items=tuple(placed),
            sender=sender,
            via=via,
            nonce=self._house.entropy.random(32),
            faults=faults,
        )
        # No sender's secret binds this arrival: the public record gets a hash of the desk's own record of it.
        root = digest.sha256(digest.DOSSIER, digest.derive(secret, "dossier"), records.write(made))
        return self._record(dataclasses.replace(made, dossier_root=root), seeds)

    def _place(
        self, number: int, name: bytes, staged: _Staged, *, how: str, root: bytes, known: dict[bytes, str]
    ) -> Item:
        held = known.get(staged.sha256) or objects.find(self._house, self._keys, staged.sha256)
        known.setdefault(staged.sha256, held or staged.object)
        return Item(
            number=number,
            name=name,
            size=staged.size,
            sha256=staged.sha256,
            kind=staged.kind,
            how=how,
            outcome="duplicate" if held else "stored",
            why=f"the same bytes are object {held}" if held else "",
            object=held or staged.object,
            root=root,
        )

    def _record(self, made: Arrival, seeds: dict[int, bytes]) -> Arrival:
        """Write down what will be done, then do it: from here on a kill is finished by the next run."""
        secrets = {staged.object: staged.secret for staged in self._staged}
        for item in made.items:
            if item.outcome == "stored":
                objects.write_key(self._house, item.object, secrets[item.object])
            if item.object:
                objects.write_seed(self._house, item.object, made.id, item.number, seeds[item.number])
        for staged in self._staged:
            if not any(item.outcome == "stored" and item.object == staged.object for item in made.items):
                self._house.root.drop(f"{SPOOL}/{staged.object}")
        self._seal(f"{UNFINISHED}/{made.id}.age", records.write(made))
        # From here on the spool is the plan's: were it cleared after a full disk, the next run could not finish.
        self._staged = []
        self._finish(made)
        return made

    def _finish(self, made: Arrival) -> None:
        root = self._house.root
        vault = self._house.vault()
        for item in made.items:
            if item.outcome == "stored":
                if not vault.has(item.object):
                    with root.open(f"{SPOOL}/{item.object}") as stream:
                        vault.add(item.object, iter(lambda: stream.read(CHUNK), b""))
                objects.remember(self._house, self._keys, item.sha256, item.object)
        queue.put(self._house, made.nonce, made.dossier_root)
        self._seal(f"desk/arrivals/{made.id}.age", records.write(made))
        root.drop(f"{UNFINISHED}/{made.id}.age")
        for item in made.items:
            root.drop(f"{SPOOL}/{item.object or 'none'}")

    def _seen_before(self, made: Arrival) -> Arrival:
        items = tuple(
            dataclasses.replace(item, outcome="duplicate", why=f"the same bytes are object {item.object}")
            for item in made.items
        )
        return dataclasses.replace(made, items=items, again=True)

    def _refuse_all(self, error: TamizdatError) -> Arrival:
        items = tuple(
            dataclasses.replace(_refused(number, b"", "the dossier it came in is not whole"), size=staged.size)
            for number, staged in enumerate(self._staged, 1)
        )
        found = tuple(f"{fault.where}: {fault.what} [{fault.code}]" for fault in error.faults)
        return Arrival(
            id="",
            received=self._house.clock.now(),
            route="sealed",
            items=items,
            faults=(f"{error} [{error.code}]", *found),
        )

    def _clear(self) -> None:
        for staged in self._staged:
            self._house.root.drop(f"{SPOOL}/{staged.object}")
        self._staged = []

    def _ident(self, label: bytes, value: bytes) -> str:
        return hmac.digest(self._keys.desk, label + value, "sha256")[:16].hex()

    def _seal(self, name: str, data: bytes) -> None:
        self._house.root.put(name, [age.seal(data, self._keys.own_recipients, self._house.entropy)])

    def _open(self, name: str) -> bytes:
        with self._house.root.open(name) as stream:
            return self._unseal(stream.read())

    def _unseal(self, raw: bytes) -> bytes:
        return age.open_(raw, self._keys.identities)


def arrivals(house: House, keys: Keys) -> Iterator[Arrival]:
    """Give every arrival's record, in the order of their ids."""
    for name in house.root.names("desk/arrivals"):
        yield records.read(age.open_(read(house.root, name) or b"", keys.identities))


def _refused(number: int, name: bytes, why: str) -> Item:
    return Item(number=number, name=name, size=0, sha256=b"", kind="", how="", outcome="refused", why=why)


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


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


class _Counted(io.RawIOBase):
    """A stream that tells how much of it was read."""

    def __init__(self, stream: BinaryIO, progress: Progress) -> None:
        self._stream = stream
        self._progress = progress

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._progress(len(data))
        return len(data)
