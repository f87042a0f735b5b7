"""
Seal files into a dossier: each is read once, and nothing is written but the sink.

A tar says a file's size before its bytes, and what is written cannot be taken back. So a file
that changes while it is read stays in the payload as void, marked so in objects.json, and is
read again as the next number; changes it again, it is left out. docs/spec/dossier.md, "Writing".
"""

from __future__ import annotations

import dataclasses
import io
import json

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import BinaryIO, Final, NamedTuple, Protocol, cast

from tamizdat.field import archive, bag, derivation, layout, objects
from tamizdat.field.objects import Item, LeftOut, Listing
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age.recipients import Recipient
from tamizdat.primitives.errors import AdapterError, UsageError
from tamizdat.primitives.ports import Entropy
from tamizdat.redaction import commit, commitment


HOW_SYSTEM: Final = "as handed over by the system"
HOW_STRIPPED: Final = "location looks stripped"
HOW_TRANSCODED: Final = "was transcoded"
HOW_NOTE: Final = "written as a note"
NOTE_NAME: Final = b"note.txt"
ATTEMPTS: Final = 2
_CHANGED: Final = "it changed while it was read"
# What objects.json says of one file, its name left out: an estimate, so that too many are refused before the work.
_LINE: Final = 400
# Enough of a file to see whether it may be a picture.
_SIGNATURE: Final = 64


class Committed(NamedTuple):
    """What a file is committed to: what the root *covers*, the object root, and the reason where it covers no parts."""

    covers: objects.Covers
    root: bytes
    reason: str = ""


# Begins to commit to a file by parts, with its object's seed. What it gives waits for the end, and says what came of it;
# it raises what went wrong.
Coming = Callable[[], Committed]
Begin = Callable[[bytes, bytes], Coming]


class Source(Protocol):
    """One file to seal, somewhere on the sender's machine."""

    @property
    def name(self) -> bytes:
        """Its name: raw bytes, segments joined by ``/``, below what the sender named."""

    @property
    def how(self) -> str:
        """How its bytes were obtained, in one line (HOW_SYSTEM and its like)."""

    def open(self) -> BinaryIO:
        """Open it for reading from its first byte; it must be able to seek. OSError or AdapterError if it cannot."""

    def fingerprint(self) -> Hashable:
        """Give what tells whether it changed: size, time, inode, say."""


def committed(seed: bytes, raw: bytes) -> Committed:
    """Commit to a file by parts where it can be taken apart."""
    made = commitment.commit(seed, raw)
    return Committed(objects.PARTS if made.covers == commitment.PARTS else objects.FILE, made.root, made.reason)


def at_once(seed: bytes, raw: bytes) -> Coming:
    """Commit to a file before anything else is done."""
    made = committed(seed, raw)
    return lambda: made


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """
    What was sealed.

    Attributes:
        files: Every file that is in it, the note included. *left_out*: what is not, and why.

        announcement, dossier_root: A and D; whoever learns them can tell this dossier from all others.

        plain_length: How many bytes of tar were encrypted.
    """

    files: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]
    announcement: bytes = dataclasses.field(repr=False)
    dossier_root: bytes = dataclasses.field(repr=False)
    plain_length: int


def seal(
    sources: Iterable[Source],
    *,
    recipients: Sequence[Recipient],
    entropy: Entropy,
    sink: archive.Sink,
    created: int,
    note: bytes | None = None,
    left_out: Iterable[LeftOut] = (),
    progress: Callable[[int], None] | None = None,
    file_key: bytes | None = None,
    padding: Callable[[int], int] = layout.padding_length,
    parts: Begin | None = at_once,
) -> Sealed:
    """
    Seal *sources* and a written *note* for *recipients* as one age file into *sink*, in one pass.

    *created* are seconds since 1970; *left_out* is what the caller itself had to leave out;
    *progress* is told how many bytes of files were read so far; *file_key* are 16 random bytes
    where the caller needs the age file key for part tags; *padding* says how many zeros the padding
    holds, from the length of the tar before it; *parts* commits to pictures and texts by parts, None to
    whole files only.

    Raises:
        UsageError: There is nothing to seal, too much, or two files have one name.
        AdapterError: ``codec-missing``, ``codec-time``: a picture cannot be taken apart on this machine.
    """
    writer = age.Writer(sink, recipients, file_key=file_key, entropy=entropy)
    sealed = write(
        sources,
        sink=writer,
        entropy=entropy,
        created=created,
        note=note,
        left_out=left_out,
        progress=progress,
        padding=padding,
        parts=parts,
    )
    writer.close()
    return sealed


def write(
    sources: Iterable[Source],
    *,
    sink: archive.Sink,
    entropy: Entropy,
    created: int,
    note: bytes | None = None,
    left_out: Iterable[LeftOut] = (),
    progress: Callable[[int], None] | None = None,
    padding: Callable[[int], int] = layout.padding_length,
    parts: Begin | None = at_once,
) -> Sealed:
    """
    Write the plaintext of a dossier. Only `seal` and tests call this: plaintext never rests on a disk.

    Raises:
        UsageError: There is nothing to seal, too much, or two files have one name.
    """
    ordered = sorted(sources, key=lambda source: source.name)
    _demand_names(ordered, note)
    work = _Work(sink, entropy.random(layout.SECRET_LENGTH), created, left_out, progress, padding=padding, parts=parts)
    for source in ordered:
        work.take(source)
    if note is not None:
        work.take_note(note, {source.name for source in ordered})
    return work.finish()


class _Work:
    """One dossier being written."""

    def __init__(
        self,
        sink: archive.Sink,
        secret: bytes,
        created: int,
        left_out: Iterable[LeftOut],
        progress: Callable[[int], None] | None,
        *,
        padding: Callable[[int], int],
        parts: Begin | None,
    ) -> None:
        self._padding = padding
        self._parts = parts
        self._coming: dict[int, Coming] = {}
        # Read into over and over: to ask the system for room anew each time costs more than the reading.
        self._room = memoryview(bytearray(archive.CHUNK))
        self._tar = archive.TarWriter(sink, created)
        self._secret = secret
        self._created = created
        self._left_out = {one.name: LeftOut(name=one.name, reason=objects.words(one.reason)) for one in left_out}
        self._progress = progress or (lambda _: None)
        self._files: list[Item] = []
        self._note = ""
        self._done = 0

    def take(self, source: Source) -> None:
        """Write a source; a second time if it changed; leave it out if it did so again or cannot be read."""
        reason = ""
        for _ in range(ATTEMPTS):
            try:
                before = source.fingerprint()
                stream = source.open()
            except (OSError, AdapterError) as error:
                reason = _unreadable(error)
                break
            with stream:
                reason = self._attempt(source, stream, before)
            if not reason:
                return
        self._left_out[source.name] = LeftOut(name=source.name, reason=reason)

    def take_note(self, note: bytes, names: set[bytes]) -> None:
        """Write the note as the last file of the payload, under a name that no other has."""
        name, count = NOTE_NAME, 1
        while name in names:
            count += 1
            name = b"note-%d.txt" % count
        self._note = self._begin(name, len(note))
        self._tar.write(note)
        self._end(name, len(note), HOW_NOTE, "", note if self._divisible(note, len(note)) else None)

    def finish(self) -> Sealed:
        """Write everything that follows the payload."""
        for number, coming in self._coming.items():
            made = coming()
            self._files[number - 1] = dataclasses.replace(self._files[number - 1], root=made.root, covers=made.covers)
        files = tuple(item for item in self._files if not item.void)
        if not files:
            raise UsageError("seal-nothing", "there is nothing that can be sealed", mend="Name files you can read.")
        left_out = tuple(self._left_out[name] for name in sorted(self._left_out))
        listing = Listing(created=self._created, files=tuple(self._files), left_out=left_out, note=self._note)
        raw = objects.write(listing)
        if len(raw) > objects.MOST_BYTES or len(self._files) > objects.MOST_FILES:
            raise _too_many(len(self._files))
        self._tags(raw)
        root = derivation.dossier_root(self._secret, raw, (item.root for item in self._files))
        return Sealed(
            files=files,
            left_out=left_out,
            announcement=derivation.announcement(self._secret, root),
            dossier_root=root,
            plain_length=self._tar.length,
        )

    def _attempt(self, source: Source, stream: BinaryIO, before: Hashable) -> str:
        """Write one reading of a source, and say why it is void; empty where it is not."""
        try:
            size = stream.seek(0, 2)
            stream.seek(0)
        except (OSError, AdapterError) as error:
            return _unreadable(error)
        self._begin(source.name, size)
        held: list[bytes] = []
        reason = self._copy(stream, size, held)
        self._tar.fill()
        if not reason:
            try:
                reason = _CHANGED if stream.read(1) or source.fingerprint() != before else ""
            except (OSError, AdapterError) as error:
                reason = _unreadable(error)
        # Just the bytes that were written, and only where they are what the file held.
        whole = b"".join(held) if held and not reason else None
        held.clear()
        self._end(source.name, size, source.how, reason, whole)
        return reason

    def _copy(self, stream: BinaryIO, size: int, held: list[bytes]) -> str:
        """Copy a file into the archive; *held* is given its bytes where it may be one that can be taken apart."""
        left, keep = size, False
        while left:
            room = self._room[: min(archive.CHUNK, left)]
            try:
                count = cast("io.BufferedIOBase", stream).readinto(room)
            except (OSError, AdapterError) as error:
                return _unreadable(error)
            if not count:
                return _CHANGED
            if left == size:
                keep = self._divisible(bytes(room[: min(count, _SIGNATURE)]), size)
            if keep:
                held.append(bytes(room[:count]))
            self._tar.write(room[:count])
            left -= count
            self._done += count
            self._progress(self._done)
        return ""

    def _begin(self, name: bytes, size: int) -> str:
        path = objects.path(len(self._files) + 1, name)
        self._tar.begin(layout.TOP + path, size)
        return path

    def _divisible(self, head: bytes, size: int) -> bool:
        return self._parts is not None and commitment.divisible(head, size)

    def _end(self, name: bytes, size: int, how: str, void: str, whole: bytes | None) -> None:
        number = len(self._files) + 1
        sha256 = self._tar.end()
        seed = derivation.object_seed(self._secret, number)
        root = commit.object_root(seed, sha256)
        if whole is not None and self._parts is not None:
            self._coming[number] = self._parts(seed, whole)
        path = objects.path(number, name)
        item = Item(path=path, name=name, size=size, sha256=sha256, root=root, how=objects.words(how), void=void)
        self._files.append(item)

    def _tags(self, listing: bytes) -> None:
        octets = sum(item.size for item in self._files)
        manifest = bag.write_manifest((item.path, item.sha256) for item in self._files)
        hashes = {
            path: self._tar.add(layout.TOP + path, data)
            for path, data in (
                (layout.OBJECTS, listing),
                (layout.SECRET, self._secret),
                (layout.DECLARATION, bag.DECLARATION),
                (layout.INFO, bag.write_info(octets, len(self._files))),
                (layout.MANIFEST, manifest),
            )
        }
        self._tar.begin(layout.TOP + layout.PADDING, self._padding(self._tar.length))
        self._tar.fill()
        hashes[layout.PADDING] = self._tar.end()
        tag_manifest = bag.write_manifest((path, hashes[path]) for path in layout.LISTED)
        self._tar.add(layout.TOP + layout.TAG_MANIFEST, tag_manifest)
        self._tar.close()


def _demand_names(ordered: Sequence[Source], note: bytes | None) -> None:
    names = [source.name for source in ordered]
    if not names and note is None:
        raise UsageError("seal-nothing", "there is nothing to seal", mend="Name at least one file, folder or note.")
    for place, name in enumerate(names):
        twice = names[place + 1 : place + 2] == [name]
        if twice or not objects.fits(name):
            what = "stands for two files" if twice else "cannot be kept"
            raise UsageError("seal-names", f"the name {name[:80]!r} {what}", mend="Rename the file, or seal it apart.")
    lines = sum(len(json.dumps(name.decode("utf-8", "surrogateescape"))) + _LINE for name in names)
    if len(names) >= objects.MOST_FILES or lines > objects.MOST_BYTES:
        raise _too_many(len(names))


def _too_many(count: int) -> UsageError:
    return UsageError("seal-many", f"{count} files are too many for one dossier", mend="Seal them as several dossiers.")


def _unreadable(error: Exception) -> str:
    cause = (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
    return objects.words(f"it cannot be read: {cause}")
