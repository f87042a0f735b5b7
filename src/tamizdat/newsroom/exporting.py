"""
An export: originals, opened or still sealed, in a BagIt 1.0 bag with RO-Crate metadata made from an allow-list.

What is not named here does not leave: no seed, no secret, no nonce, no arrival's id, nothing of other files; what it was
called, who sent it and how it came only where that was asked for. It is NOT a proof that a file is unchanged: that is
`redact`. docs/spec/vault.md, "Export".
"""

from __future__ import annotations

import dataclasses
import hashlib

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

from tamizdat.field import bag, bagcheck
from tamizdat.newsroom import custody, objects
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives import text
from tamizdat.primitives.errors import TrustError, UsageError
from tamizdat.primitives.ports import Store
from tamizdat.record import crate as crates
from tamizdat.record.crate import Crate


MAX_OBJECTS: Final = 10_000
_CHUNK: Final = 1 << 20
_ENDINGS: Final = {
    "JPEG picture": ".jpg",
    "PNG picture": ".png",
    "GIF picture": ".gif",
    "TIFF picture": ".tif",
    "WebP picture": ".webp",
    "AVIF picture": ".avif",
    "HEIC picture": ".heic",
    "HEIF picture": ".heif",
    "MPEG-4 sound": ".m4a",
    "MPEG-4 film": ".mp4",
    "QuickTime film": ".mov",
    "WAV sound": ".wav",
    "AVI film": ".avi",
    "MP3 sound": ".mp3",
    "Ogg sound": ".ogg",
    "FLAC sound": ".flac",
    "PDF document": ".pdf",
    "text": ".txt",
}
Progress = Callable[[int], None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    What leaves.

    Attributes:
        objects: Their ids, sorted.

        sealed: As ciphertext, with no word on what is in it.

        notes: Say as well what it was called, who it is said to come from and how it came.
    """

    objects: tuple[str, ...]
    sealed: bool = False
    notes: bool = False

    @property
    def subject(self) -> str:
        """Name it for a decision: the one object, or how many and which by a hash."""
        if len(self.objects) == 1:
            return self.objects[0]
        return f"{len(self.objects)}-objects-{hashlib.sha256(' '.join(self.objects).encode()).hexdigest()[:16]}"

    def details(self) -> bytes:
        """Write what persons decide on."""
        how = "still sealed, without its key" if self.sealed else "opened, with what is known of it"
        notes = "; also what they were called, who they are said to come from and how they came" if self.notes else ""
        lines = "".join(f"object {ident}\n" for ident in self.objects)
        return f"Let these originals leave the newsroom, {how}{notes}:\n{lines}".encode("ascii")


def order(house: House, idents: list[str], *, sealed: bool, notes: bool) -> Order:
    """
    Take an order down.

    Raises:
        UsageError: ``object-unknown``; ``export-none``; ``export-mixed``: what is sealed is not told of.
    """
    if not 0 < len(idents) <= MAX_OBJECTS:
        raise UsageError(
            "export-none", f"{len(idents)} objects cannot be exported at once", mend="Name at least one object."
        )
    if sealed and notes:
        raise UsageError(
            "export-mixed",
            "what leaves sealed is not told of",
            mend="Leave out --notes, or leave out --sealed.",
        )
    for ident in idents:
        openable = objects.ID.fullmatch(ident) and _has_key(house, ident)
        if not objects.ID.fullmatch(ident) or not house.vault().has(ident) or not (sealed or openable):
            raise objects.unknown(ident)
    return Order(objects=tuple(sorted(set(idents))), sealed=sealed, notes=notes)


def write(house: House, keys: Keys, wanted: Order, target: Store, progress: Progress = lambda _: None) -> None:
    """
    Write the bag into the empty store *target*, and check it.

    Raises:
        TrustError: ``export-differs``: an original is not what was received.
        FormatError: One is damaged.
    """
    listed: dict[str, bytes] = {}
    entities: list[dict[str, Any]] = []
    octets = 0
    for ident in wanted.objects:
        if wanted.sealed:
            path = f"{ident}.age"
            with house.vault().open(ident) as stream:
                size, sha256, listed[f"data/{path}"] = _copy(stream, target, f"data/{path}", progress)
            entities.append(_sealed(ident, path, size, sha256))
        else:
            known = custody.whole(house, keys, ident)
            path = ident + _ENDINGS.get(known.kind, "")
            with objects.open_original(house, keys, ident) as stream:
                size, sha256, listed[f"data/{path}"] = _copy(stream, target, f"data/{path}", progress)
            if (size, sha256) != (known.size, known.sha256):
                raise TrustError(
                    "export-differs",
                    f"object {ident} is not what was received: its hash is another",
                    mend="Restore it from a backup, and run `tamizdat vault fsck`.",
                )
            entities.extend(_opened(known, path, notes=wanted.notes))
        octets += size
    said = _metadata(house, wanted, entities)
    target.put(f"data/{crates.FILE}", [said])
    listed[f"data/{crates.FILE}"] = hashlib.sha512(said).digest()
    _finish(target, listed, octets + len(said), text.day(house.clock.now()))
    faults = bagcheck.validate(target)
    if faults:
        raise AssertionError(f"a bag that does not hold: {faults[0].code}")


def is_there(target: Store, wanted: Order) -> bool:
    """Say whether *target* holds this order as a whole bag: it was finished, and nobody noted it."""
    if next(iter(target.names()), None) is None or bagcheck.validate(target):
        return False
    held = {name.removeprefix("data/") for name in target.names("data")} - {crates.FILE}
    if wanted.sealed:
        return held == {f"{ident}.age" for ident in wanted.objects}
    return {name.partition(".")[0] for name in held} == set(wanted.objects) and not any(
        name.endswith(".age") for name in held
    )


def _copy(stream: BinaryIO, target: Store, name: str, progress: Progress) -> tuple[int, bytes, bytes]:
    """Copy a stream; give its length, its SHA-256 and its SHA-512."""
    states = (hashlib.sha256(), hashlib.sha512())
    size = 0

    def chunks() -> Iterator[bytes]:
        nonlocal size
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            for state in states:
                state.update(chunk)
            yield chunk
            progress(len(chunk))

    target.put(name, chunks())
    return size, states[0].digest(), states[1].digest()


def _metadata(house: House, wanted: Order, entities: list[dict[str, Any]]) -> bytes:
    count = len(wanted.objects)
    name = f"{count} original{'s' if count > 1 else ''} from {house.card().name}"
    how = "still sealed; their keys are elsewhere" if wanted.sealed else "as received, byte for byte"
    return crates.write_public(entities, name=name, description=f"Originals {how}.", made=house.clock.now())


def _sealed(ident: str, path: str, size: int, sha256: bytes) -> dict[str, Any]:
    return {
        "@id": path,
        "@type": "File",
        "contentSize": str(size),
        "encodingFormat": "application/age-encryption",
        "identifier": f"tamizdat:{ident}",
        "name": f"object {ident}, sealed",
        "sha256": sha256.hex(),
    }


def _opened(known: Crate, path: str, *, notes: bool) -> Iterator[dict[str, Any]]:
    yield {
        "@id": path,
        "@type": "File",
        "contentSize": str(known.size),
        "encodingFormat": crates.media_type(known.kind),
        "identifier": f"tamizdat:{known.object}",
        "kind": known.kind,
        # A name of a file is its sender's, and may tell who that is.
        "name": crates.shown(known.custody[0].files[0].name) if notes else f"object {known.object}",
        "sha256": known.sha256.hex(),
    }
    pairs = ((one, file) for one in known.custody for file in one.files)
    for number, (one, file) in enumerate(pairs, 1):
        said = {
            "committed": file.committed,
            "covers": file.covers,
            "how": file.how if notes else "",
            "root": file.root.hex(),
            "sender": one.sender if notes else "",
            "via": one.via if notes else "",
        }
        yield {
            "@id": f"#{known.object}-{number}",
            "@type": "ReceiveAction",
            "endTime": text.instant(one.received),
            "name": crates.shown(file.name) if notes else "an arrival at the newsroom",
            "object": {"@id": path},
            "route": one.route,
        } | {key: value for key, value in said.items() if value}


def _finish(target: Store, listed: dict[str, bytes], octets: int, day: str) -> None:
    """Write the tag files: RFC 8493, the manifests last."""
    tags = {
        "bag-info.txt": f"Bagging-Date: {day}\n".encode("ascii") + bag.write_info(octets, len(listed)),
        "bagit.txt": bag.DECLARATION,
        "manifest-sha512.txt": bag.write_manifest(sorted(listed.items())),
    }
    for name, value in tags.items():
        target.put(name, [value])
    digests = [(name, hashlib.sha512(value).digest()) for name, value in tags.items()]
    target.put("tagmanifest-sha512.txt", [bag.write_manifest(digests)])


def _has_key(house: House, ident: str) -> bool:
    return next(iter(house.root.names(objects.key_file(ident))), None) is not None
