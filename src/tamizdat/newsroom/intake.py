"""
Receive: rebuild, open, verify, and store each original in the vault; say of every file what was done.

A kill at any moment loses nothing: what is staged is ciphertext under ``desk/spool``; the record of
the arrival is written before the first original moves into the vault, and the next run finishes it.

Nothing here decodes a file: bytes are hashed, sealed and stored, however hostile.
"""

from __future__ import annotations

import dataclasses
import hmac
import io

from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, Final, Protocol

from tamizdat.carry.keyed import Keyed
from tamizdat.field import archive, dossier, salvage, sealing, ustar
from tamizdat.field.sealing import Begin
from tamizdat.newsroom import arrival as records
from tamizdat.newsroom import committing, custody, finishing, queue, staging
from tamizdat.newsroom.arrival import Arrival, Item, Route
from tamizdat.newsroom.finishing import Plan
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.origins import Origin
from tamizdat.newsroom.placing import Piece, Placing, refused
from tamizdat.newsroom.staging import Staged, Staging
from tamizdat.primitives import digest
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import AdapterError, FormatError, MediumGoneError, ShortError, TamizdatError
from tamizdat.primitives.stores import read


Progress = Callable[[int], None]
_MENDS: Final = {
    "codec-missing": "Install wasmtime, then run the same command again: it goes on where it stopped.",
    "codec-time": "Run the same command again when the machine is less busy: it goes on where it stopped.",
}
_UNKNOWN: Final = "the dossier's list is missing"


class Plain(Protocol):
    """A file that came unsealed."""

    @property
    def name(self) -> bytes:
        """What it is called: raw bytes."""

    def open(self) -> BinaryIO:
        """Open it for reading."""


class Intake:
    """
    The newsroom's receiving desk for one run.

    Args:
        house: The newsroom.

        keys: Its unlocked keys.

        progress: Told how many bytes were just read.

        begin: Who computes commitments.
    """

    def __init__(
        self, house: House, keys: Keys, progress: Progress = lambda _: None, begin: Begin = sealing.at_once
    ) -> None:
        self._house = house
        self._keys = keys
        self._progress = progress
        self._begin = begin
        self._staging = Staging(house, keys)
        self._forged: Callable[[], tuple[str, ...]] = tuple

    def recover(self) -> tuple[Arrival, ...]:
        """
        Finish what a killed run had begun; give the arrivals finished now.

        What it had only staged is cleared, but for what a journal has: that the same sealed file goes on with.
        """
        done = finishing.recover(self._house, self._keys)
        staging.tidy(self._house, self._keys, {item.object for one in done for item in one.items})
        return done

    def sealed(self, source: BinaryIO, name: bytes) -> Arrival:
        """
        Receive one age file, a dossier or another.

        Args:
            source: The ciphertext; read once, from where it stands.

            name: What the file was called, for an age file that holds a single file.

        Raises:
            TrustError: None of the newsroom's keys opens it.
            AdapterError: Its medium went away; the next run goes on where this one stopped.
        """
        reader = age.Reader(source, self._keys.identities)
        return self._receive(reader, reader.file_key, name)

    def joined(self, found: Keyed, name: bytes) -> Arrival:
        """
        Receive a sealed file from its parts, joined around those that were forged.

        Raises:
            ShortError: Too few true packets are here. AdapterError: As `sealed`; both go on with the next run.
        """
        self._forged = lambda: tuple(str(liar) for liar in found.liars)
        return self._receive(found.stream(), found.file_key, name)

    def partial(self, found: Keyed) -> Arrival:
        """
        Receive what is whole of a dossier of which stretches are missing for good.

        The record says that it is a part. When the rest comes after all, what is here counts as duplicate.

        Raises:
            FormatError: No file of it is whole, or it is no dossier.
        """
        self._staging = Staging(self._house, self._keys)
        staged: dict[int, Staged] = {}

        def visit(entry: dossier.Entry, stream: BinaryIO) -> None:
            staged[entry.number] = self._staging.stage(_Counted(stream, self._progress))

        try:
            saved = salvage.walk(found, visit, lambda entry: self._again(staged[entry.number]))
            ident = self._ident(b"partial" + found.file_key, b"".join(one.sha256 for one in saved.whole))
            before = read(self._house.root, f"desk/arrivals/{ident}.age")
            if before is not None:
                return self._seen_before(records.read(self._unseal(before)))
            pieces = [
                Piece(one.number, one.name, staged[one.number], one.how or _UNKNOWN, one.root, one.seed, one.covers)
                for one in saved.whole
                if not one.void
            ]
            pieces += [Piece(one.number, one.name, refused(one.number, one.name, one.why)) for one in saved.lost]
            pieces.sort(key=lambda one: one.number)
            what = f"received in part: whole files: {len(saved.whole)}; known not to be whole: {len(saved.lost)}"
            more = "" if saved.listed else "; the list of its files is missing, so there may be more"
            self._forged = lambda: tuple(str(liar) for liar in found.liars)
            return self._commit("sealed", pieces, ident=ident, faults=(what + more,), partial=True)
        finally:
            self._staging.clear()

    def _receive(self, stream: BinaryIO, file_key: bytes, name: bytes) -> Arrival:
        self._staging = Staging(self._house, self._keys)
        try:
            before = self._staging.resume(file_key) if stream.seekable() else []
            if before:
                stream.seek(dossier.place_after((entry, staged.sha256) for entry, staged in before))
            plain = io.BufferedReader(_Counted(stream, self._progress), 1 << 18)
            match "dossier" if before else dossier.kind(plain.peek(ustar.BLOCK)):
                case "dossier":
                    return self._dossier(plain, before)
                case "tar":
                    return self._tar(plain)
                case _:
                    return self._single(plain, name)
        except ShortError:
            self._staging.keep()
            raise
        except AdapterError as error:
            if error.code in {"medium-gone", "worker-gone", *_MENDS}:
                self._staging.keep()
            if error.code in _MENDS:
                raise AdapterError(error.code, str(error), mend=_MENDS[error.code]) from error
            raise
        except MediumGoneError as error:
            self._staging.keep()
            raise AdapterError(
                "medium-gone",
                "the medium went away while it was read",
                mend="Put the medium back and run the same command again: it goes on where it stopped.",
            ) from error
        finally:
            self._staging.clear()

    def unsealed(self, files: Sequence[Plain], *, sender: str, via: str) -> Arrival:
        """Receive files that came open; the record says so for ever."""
        self._staging = Staging(self._house, self._keys)
        try:
            pieces = []
            for number, file in enumerate(files, 1):
                try:
                    with file.open() as stream:
                        item: Staged | Item = self._staging.stage(_Counted(stream, self._progress))
                except OSError as error:
                    item = refused(number, file.name, f"it cannot be read: {error.strerror}")
                pieces.append(Piece(number, file.name, item, f"came unsealed, {via}"))
            return self._commit("unsealed", pieces, sender=sender, via=via)
        finally:
            self._staging.clear()

    def _dossier(self, plain: BinaryIO, before: list[tuple[dossier.Entry, Staged]]) -> Arrival:
        def visit(entry: dossier.Entry, stream: BinaryIO) -> None:
            self._staging.note(entry, self._staging.stage(stream))

        hashed = [(entry, staged.sha256) for entry, staged in before]
        try:
            opened = dossier.read(
                plain,
                visit,
                before=hashed,
                mtime=before[0][0].mtime if before else 0,
                again=lambda entry: self._again(self._staging.items[entry.number - 1]),
                begin=self._begin,
            )
        except FormatError as error:
            self._staging.done()
            return self._refuse_all(error)
        ident = self._ident(b"dossier", opened.dossier_root)
        seen = read(self._house.root, f"desk/arrivals/{ident}.age")
        if seen is not None:
            self._staging.done()
            return self._seen_before(records.read(self._unseal(seen)))
        received = self._house.clock.now()
        pieces = [
            Piece(number, info.name, staged, info.how, info.root, info.seed, info.covers)
            for number, (info, staged) in enumerate(zip(opened.objects, self._kept(opened), strict=True), 1)
        ]
        items, kept = self._placed(pieces, ident, received)
        made = Arrival(
            id=ident,
            received=received,
            route="sealed",
            items=items,
            dossier_root=opened.dossier_root,
            announcement=opened.announcement,
            nonce=self._house.entropy.random(32),
            announced=queue.announced(self._house, self._keys, opened.announcement),
            left_out=tuple((_shown(one.name), one.reason) for one in opened.left_out),
            forged=self._forged(),
        )
        return self._record(made, kept)

    def _again(self, staged: Staged) -> bytes:
        return committing.again(self._house, staged, self._progress)

    def _kept(self, opened: dossier.Opened) -> list[Staged]:
        """Pass over what the sender marked as void: it changed while it was sealed, and no file held those bytes."""
        void = {info.number for info in opened.void}
        return [staged for number, staged in enumerate(self._staging.items, 1) if number not in void]

    def _tar(self, plain: BinaryIO) -> Arrival:
        pieces: list[Piece] = []
        faults: list[str] = []
        how = "in an archive sealed with ordinary age tools"
        try:
            for number, member in enumerate(archive.read_members(plain), 1):
                if member.fault is not None or member.stream is None:
                    why = member.fault.what if member.fault else "it is not a regular file"
                    pieces.append(Piece(number, member.name, refused(number, member.name, why)))
                else:
                    pieces.append(Piece(number, member.name, self._staging.stage(member.stream), how))
        except FormatError as error:
            # What stood whole before the break is kept: nothing that arrived is lost.
            faults.append(f"the archive breaks off: {error}")
        return self._commit("age", pieces, faults=tuple(faults))

    def _single(self, plain: BinaryIO, name: bytes) -> Arrival:
        staged = self._staging.stage(plain)
        return self._commit("age", [Piece(1, name.removesuffix(b".age"), staged, "sealed with ordinary age tools")])

    def _commit(self, route: Route, pieces: list[Piece], *, ident: str = "", **more: Any) -> Arrival:
        ident = ident or self._house.entropy.random(16).hex()
        received = self._house.clock.now()
        items, kept = self._placed(pieces, ident, received)
        made = Arrival(
            id=ident,
            received=received,
            route=route,
            items=items,
            nonce=self._house.entropy.random(32),
            forged=self._forged(),
            **more,
        )
        # No sender's secret binds this arrival: the public record gets a salted hash of the desk's own record of it.
        root = digest.sha256(digest.DOSSIER, self._house.entropy.random(32), records.write(made))
        return self._record(dataclasses.replace(made, dossier_root=root), kept)

    def _placed(
        self, pieces: Sequence[Piece], arrival: str, received: int
    ) -> tuple[tuple[Item, ...], tuple[tuple[str, Origin], ...]]:
        placing = Placing(
            house=self._house,
            keys=self._keys,
            arrival=arrival,
            received=received,
            progress=self._progress,
            begin=self._begin,
        )
        return placing.place(pieces)

    def _record(self, made: Arrival, kept: tuple[tuple[str, Origin], ...]) -> Arrival:
        """Write down what will be done, then do it: from here on a kill is finished by the next run."""
        finishing.record(self._house, self._keys, Plan(arrival=made, kept=kept), self._staging)
        return made

    def _seen_before(self, made: Arrival) -> Arrival:
        return dataclasses.replace(made, items=tuple(map(_once_more, made.items)), again=True)

    def _refuse_all(self, error: TamizdatError) -> Arrival:
        items = tuple(
            dataclasses.replace(refused(number, b"", "the dossier it came in is not whole"), size=staged.size)
            for number, staged in enumerate(self._staging.items, 1)
        )
        found = tuple(f"{fault.where}: {fault.what} [{fault.code}]" for fault in error.faults)
        return Arrival(
            id="",
            received=self._house.clock.now(),
            route="sealed",
            items=items,
            faults=(f"{error} [{error.code}]", *found),
        )

    def _ident(self, label: bytes, value: bytes) -> str:
        return hmac.digest(self._keys.desk, label + value, "sha256")[:16].hex()

    def _unseal(self, raw: bytes) -> bytes:
        return age.open_(raw, self._keys.identities)


arrivals = custody.arrivals


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


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


def _once_more(item: Item) -> Item:
    """Say of a file that was seen before what is done with it now: what was destroyed or refused is not taken in."""
    if item.sha256:
        return dataclasses.replace(item, outcome="duplicate", why=f"the same bytes are object {item.object}")
    return dataclasses.replace(item, outcome="refused")
