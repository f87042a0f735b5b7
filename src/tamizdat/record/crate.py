"""
What is said of one original, as RO-Crate 1.1 metadata: for the vault, inside ciphertext; for an export, by an allow-list.

It opens and seals nothing, and an arrival's own record stands in it as text that only the newsroom reads.
The format is docs/spec/vault.md, "Metadata"; https://w3id.org/ro/crate/1.1 is the standard.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import re

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tamizdat.primitives import text
from tamizdat.primitives.errors import FormatError


FILE: Final = "ro-crate-metadata.json"
MAX: Final = 32 << 20
TERMS: Final = "https://tamizdat.example/terms#"
FLOOR: Final = 4096
_PROFILE: Final = "https://w3id.org/ro/crate/1.1"
_OWN: Final = ("committed", "covers", "how", "kind", "nameBytes", "number", "record", "root", "route", "via")
_CONTEXT: Final = [
    f"{_PROFILE}/context",
    {"sha256": "http://schema.org/sha256"} | {term: TERMS + term for term in _OWN},
]
_TERMS_OF_USE: Final = "Held in confidence by the newsroom that received it; no licence is given."
_OBJECT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_ARRIVAL: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
# The types that are named in full; anything else is bytes.
_TYPES: Final = {
    "JPEG picture": "image/jpeg",
    "PNG picture": "image/png",
    "GIF picture": "image/gif",
    "TIFF picture": "image/tiff",
    "WebP picture": "image/webp",
    "AVIF picture": "image/avif",
    "HEIC picture": "image/heic",
    "HEIF picture": "image/heif",
    "MPEG-4 sound": "audio/mp4",
    "MPEG-4 film": "video/mp4",
    "QuickTime film": "video/quicktime",
    "WAV sound": "audio/wav",
    "AVI film": "video/x-msvideo",
    "MP3 sound": "audio/mpeg",
    "Ogg sound": "audio/ogg",
    "FLAC sound": "audio/flac",
    "PDF document": "application/pdf",
    "text": "text/plain",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """
    One file of an arrival that held the object's bytes.

    Attributes:
        number: Its place in the arrival. *name*: raw bytes as the sender gave them.

        how: How the sender's machine had the bytes, as it says.

        root: The object root, 32 bytes, or empty; *covers* "parts" or "file", *committed* "field" or "desk", or empty.
    """

    number: int
    name: bytes
    how: str = ""
    root: bytes = b""
    covers: str = ""
    committed: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """
    One arrival by which the bytes came.

    Attributes:
        arrival: Its id, 32 hexadecimal digits.

        received: Seconds since 1970 by the desk's clock.

        route: "sealed", "age" or "unsealed". *sender*, *via*: in the desk's words, or empty.

        files: Which of its files held the bytes.

        record: The desk's own record of the arrival as far as it is this object's, as ASCII.
    """

    arrival: str
    received: int
    route: str
    files: tuple[Received, ...]
    record: str = dataclasses.field(default="", repr=False)
    sender: str = ""
    via: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Crate:
    """All that is said of one object; *custody* in the order in which the newsroom learned of it."""

    object: str
    size: int
    sha256: bytes
    kind: str
    custody: tuple[Custody, ...]


def write(crate: Crate) -> bytes:
    """Write the metadata in its one spelling: ASCII, keys sorted, two blanks a step, a newline at the end."""
    first = crate.custody[0]
    graph: list[dict[str, Any]] = [
        _descriptor(),
        {
            "@id": "./",
            "@type": "Dataset",
            "datePublished": text.instant(first.received),
            "description": "One original as it was received, sealed, and every arrival by which it came.",
            "hasPart": [{"@id": "content.age"}],
            "identifier": f"tamizdat:{crate.object}",
            "license": _TERMS_OF_USE,
            "mainEntity": {"@id": "#original"},
            "mentions": [{"@id": f"#{one.arrival}"} for one in crate.custody],
            "name": f"object {crate.object}",
        },
        {
            "@id": "content.age",
            "@type": "File",
            "encodesCreativeWork": {"@id": "#original"},
            "encodingFormat": "application/age-encryption",
            "name": "the original, sealed",
        },
        {
            "@id": "#original",
            "@type": "MediaObject",
            "contentSize": str(crate.size),
            "encodingFormat": media_type(crate.kind),
            "kind": crate.kind,
            "name": shown(first.files[0].name),
            "sha256": crate.sha256.hex(),
        },
    ]
    for one in crate.custody:
        graph.extend(_arrived(one))
    return spell({"@context": _CONTEXT, "@graph": graph})


def read(raw: bytes) -> Crate:
    """
    Read the metadata; blanks after its end are the padding of `pad`.

    Raises:
        FormatError: ``crate-json``, ``crate-shape`` or ``crate-spelling``.
    """
    raw = raw[: MAX + 1].rstrip(b" ")
    try:
        value = json.loads(raw.decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise _flaw("crate-json", "it is not JSON in ASCII") from error
    try:
        crate = _crate({entity["@id"]: entity for entity in value["@graph"]})
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, OSError) as error:
        raise _flaw(
            "crate-shape", "it lacks something that every object's metadata has, or has it otherwise"
        ) from error
    if len(raw) > MAX or write(crate) != raw:
        raise _flaw("crate-spelling", "it is spelled otherwise than it is written, or says more than it may")
    return crate


def pad(raw: bytes) -> bytes:
    """
    Fill up with blanks to a power of two, at least 4 KiB, so that the ciphertext's length tells little.

    >>> len(pad(b"x" * 5000))
    8192
    """
    return raw.ljust(max(FLOOR, 1 << (len(raw) - 1).bit_length()), b" ")


def write_public(entities: Iterable[Mapping[str, Any]], *, name: str, description: str, made: int) -> bytes:
    """
    Write the metadata of an export: a root that has the files among *entities* as its parts, and them.

    The caller builds the entities from an allow-list. *made* is a time; only its day is told.
    """
    listed = [dict(entity) for entity in entities]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "datePublished": text.day(made),
        "description": description,
        "hasPart": [{"@id": entity["@id"]} for entity in listed if entity["@type"] == "File"],
        "license": "No licence is given with this copy; ask the newsroom that made it.",
        "name": name,
    }
    return spell({"@context": _CONTEXT, "@graph": [_descriptor(), root, *listed]})


def shown(name: bytes) -> str:
    r"""
    Write a stranger's name as text; what is no UTF-8 stands escaped.

    >>> shown(b"a\xff.jpg")
    'a\\xff.jpg'
    """
    return name.decode("utf-8", "backslashreplace")


def media_type(kind: str) -> str:
    """
    Give the media type of what a file looks like.

    >>> media_type("JPEG picture"), media_type("unknown kind")
    ('image/jpeg', 'application/octet-stream')
    """
    return _TYPES.get(kind, "application/octet-stream")


def spell(value: Any) -> bytes:
    """Write JSON in the one spelling."""
    return (json.dumps(value, ensure_ascii=True, indent=2, sort_keys=True) + "\n").encode("ascii")


def _descriptor() -> dict[str, Any]:
    about = {"@id": "./"}
    return {"@id": FILE, "@type": "CreativeWork", "about": about, "conformsTo": {"@id": _PROFILE}}


def _arrived(one: Custody) -> Iterable[dict[str, Any]]:
    parts = [{"@id": f"#{one.arrival}-{file.number}"} for file in one.files]
    said = {"sender": one.sender, "via": one.via}
    yield {
        "@id": f"#{one.arrival}",
        "@type": "ReceiveAction",
        "endTime": text.instant(one.received),
        "name": "an arrival at the newsroom",
        "object": parts,
        "record": one.record,
        "route": one.route,
    } | {key: value for key, value in said.items() if value}
    for file in one.files:
        yield {
            "@id": f"#{one.arrival}-{file.number}",
            "@type": "MediaObject",
            "exampleOfWork": {"@id": "#original"},
            "name": shown(file.name),
            "number": file.number,
        } | {key: value for key, value in _optional(file).items() if value}


def _optional(file: Received) -> dict[str, str]:
    return {
        "committed": file.committed,
        "covers": file.covers,
        "how": file.how,
        "nameBytes": "" if _is_plain(file.name) else base64.b64encode(file.name).decode("ascii"),
        "root": file.root.hex(),
    }


def _is_plain(name: bytes) -> bool:
    """Say whether the shown name says the bytes exactly: UTF-8, in which no escape can be meant."""
    try:
        return "\\" not in name.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _crate(graph: Mapping[str, Mapping[str, Any]]) -> Crate:
    root, original = graph["./"], graph["#original"]
    object_id = root["identifier"].removeprefix("tamizdat:")
    _demand(_OBJECT.fullmatch(object_id))
    custody = []
    for mention in root["mentions"]:
        one = graph[mention["@id"]]
        arrival = mention["@id"][1:]
        _demand(_ARRIVAL.fullmatch(arrival))
        files = tuple(_received(graph[part["@id"]]) for part in one["object"])
        custody.append(
            Custody(
                arrival=arrival,
                received=text.read_instant(one["endTime"]),
                route=_text(one["route"]),
                files=files,
                record=_text(one["record"]),
                sender=_text(one.get("sender", "")),
                via=_text(one.get("via", "")),
            )
        )
    _demand(custody and all(one.files for one in custody))
    sha256 = bytes.fromhex(original["sha256"])
    _demand(len(sha256) == 32)
    size, kind = text.decimal(original["contentSize"]), _text(original["kind"])
    return Crate(object=object_id, size=size, sha256=sha256, kind=kind, custody=tuple(custody))


def _received(entity: Mapping[str, Any]) -> Received:
    name = entity["name"].encode("utf-8", "surrogatepass")
    if "nameBytes" in entity:
        name = text.unbase64(entity["nameBytes"])
    root, number = bytes.fromhex(entity.get("root", "")), entity["number"]
    _demand(len(root) in {0, 32} and type(number) is int and number > 0)
    return Received(
        number=number,
        name=name,
        how=_text(entity.get("how", "")),
        root=root,
        covers=_text(entity.get("covers", "")),
        committed=_text(entity.get("committed", "")),
    )


def _text(value: Any) -> str:
    _demand(isinstance(value, str))
    return str(value)


def _demand(met: object) -> None:
    if not met:
        raise ValueError


def _flaw(code: str, what: str) -> FormatError:
    return FormatError(
        code,
        f"an object's metadata cannot be read: {what}",
        mend="Restore the object from a backup; its bytes are not touched by this.",
    )
