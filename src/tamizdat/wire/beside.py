"""
The file that lies beside a published picture and carries its whole proof, or stands in the picture's credentials.

It is a statement of the newsroom's, signed, with everything in it that others sign. It is NOT believed here: that is
wire/sidecar.py. The format is docs/spec/sidecar.md.
"""

from __future__ import annotations

import dataclasses
import json
import re

from typing import Any, Final, Literal, NoReturn

from tamizdat.primitives.errors import FormatError
from tamizdat.primitives.note import Signature, Signer, Verifier
from tamizdat.primitives.text import rebase64, unbase64
from tamizdat.wire import jumbf


VERSION: Final = "tamizdat-sidecar-v1"
ASSERTION: Final = "org.tamizdat.redaction"
SUFFIX: Final = ".proof"
MAX_LENGTH: Final = 16 << 20
MAX_AUTHORITIES: Final = 16
MAX_STAMPS: Final = 32
_AUTHORITY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_SIGNATURE: Final = 64
_HASH: Final = 32
_RECORD: Final = frozenset({"entry", "log", "nonce"})
_FILE: Final = frozenset({"file"})
_FIELDS: Final = frozenset({"card", "committed", "policy", "redaction", "root", "signature", "stamps", "version"})
_MEND: Final = "Get the picture and the file beside it anew from where they were published."

Committed = Literal["field", "desk"]
_COMMITTED: Final[dict[str, Committed]] = {"field": "field", "desk": "desk"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """
    Where the root stands on the public record.

    Attributes:
        entry: The entry of its batch, as it stands there (docs/spec/entry.md).

        log: The ``.tlog-proof`` of that entry; its extra is the placement of the root's leaf in the batch.

        nonce: Of the leaf, 32 bytes.
    """

    entry: str
    log: str
    nonce: bytes


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """
    What one authority stamped.

    Attributes:
        authority: The newsroom's short name for it.

        roots: Its root certificates, PEM.

        stamps: Its responses: the first over the text of the checkpoint in ``log``, each other over the one before it.
    """

    authority: str
    roots: str
    stamps: tuple[bytes, ...] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """
    A proof as it stands in its file.

    Attributes:
        card: The newsroom's card, as it is handed out.

        committed: Where the newsroom says the root was made: ``field`` before it travelled, ``desk`` when it had come.

        policy: Which outside witnesses the newsroom asks for (c2sp.org/tlog-policy); empty where it has none.

        redaction: The proof of the picture (docs/spec/redaction.md).

        root: What it leads to, 32 bytes.

        record: Where the root stands on the public record; None while it waits for the next line.

        stamps: By authority, names rising.

        file: The SHA-256 of the file that it lies beside, 32 bytes; empty inside a picture, whose hash it would change.

        signature: By the edition key on the card over all of the above, 64 bytes; empty before it is signed.
    """

    card: str
    committed: Committed
    policy: str = ""
    redaction: bytes = dataclasses.field(repr=False)
    root: bytes
    record: Record | None = None
    stamps: tuple[Stamps, ...] = ()
    file: bytes = b""
    signature: bytes = b""

    def signed_by(self, verifier: Verifier) -> bool:
        """Say whether *verifier*, the edition key of the card, signed this."""
        signature = Signature(name=verifier.name, key_id=verifier.key_id, value=self.signature)
        return verifier.verifies(_statement(self).decode("ascii"), signature)


def sign(made: Sidecar, signer: Signer) -> Sidecar:
    """Sign with the edition key of the card."""
    return dataclasses.replace(made, signature=signer.sign(_statement(made).decode("ascii")).value)


def value(made: Sidecar) -> dict[str, Any]:
    """Give the JSON value, as a picture's credentials hold it."""
    return _value(made) | {"signature": rebase64(made.signature)}


def write(made: Sidecar) -> bytes:
    """
    Write the file.

    Raises:
        FormatError: ``sidecar-length``.
    """
    raw = _json(value(made))
    if len(raw) > MAX_LENGTH:
        _flaw("sidecar-length", f"it would be longer than {MAX_LENGTH} bytes")
    return raw


def read(raw: bytes) -> Sidecar:
    """
    Read what `write` writes, and nothing else. Nothing is believed by that.

    Raises:
        FormatError: ``sidecar-length``, ``sidecar-spelling``, ``sidecar-field``, ``sidecar-value``.
    """
    if len(raw) > MAX_LENGTH:
        _flaw("sidecar-length", f"it is longer than {MAX_LENGTH} bytes")
    try:
        told = json.loads(raw.decode("ascii"), parse_int=_never, parse_float=_never, parse_constant=_never)
        spelled = _json(told)
    except (ValueError, RecursionError) as error:
        raise FormatError("sidecar-spelling", f"{_WHAT}: it is not JSON of words and lists", mend=_MEND) from error
    if spelled != raw:
        _flaw("sidecar-spelling", "it is spelled otherwise than such files are: it was written anew by something else")
    return _read(told)


def find(picture: bytes) -> bytes | None:
    """
    Find the sidecar that stands in a picture's credentials, spelled as a file; None where there is none.

    Raises:
        FormatError: ``sidecar-box``: the credentials cannot be read; ``sidecar-spelling``.
    """
    held = jumbf.assertion(picture, ASSERTION)
    if held is None:
        return None
    try:
        return _json(json.loads(held.decode("utf-8"), parse_int=_never, parse_float=_never, parse_constant=_never))
    except (ValueError, RecursionError) as error:
        raise FormatError("sidecar-spelling", f"{_WHAT}: it is not JSON of words and lists", mend=_MEND) from error


def _value(made: Sidecar) -> dict[str, Any]:
    told: dict[str, Any] = {
        "card": made.card,
        "committed": made.committed,
        "policy": made.policy,
        "redaction": rebase64(made.redaction),
        "root": rebase64(made.root),
        "stamps": [
            {"authority": one.authority, "roots": one.roots, "stamps": [rebase64(stamp) for stamp in one.stamps]}
            for one in made.stamps
        ],
        "version": VERSION,
    }
    if made.record is not None:
        told |= {"entry": made.record.entry, "log": made.record.log, "nonce": rebase64(made.record.nonce)}
    if made.file:
        told["file"] = rebase64(made.file)
    return told


def _statement(made: Sidecar) -> bytes:
    return _json(_value(made))


def _json(told: Any) -> bytes:
    return (json.dumps(told, ensure_ascii=True, sort_keys=True, separators=(",", ":")) + "\n").encode("ascii")


def _never(word: str) -> NoReturn:
    msg = f"{word[:20]!r} is a number, and there are none in it"
    raise ValueError(msg)


def _read(told: Any) -> Sidecar:
    if not isinstance(told, dict):
        _flaw("sidecar-field", "it is no object")
    if set(told) - _FIELDS - _FILE not in (frozenset(), _RECORD) or not set(told) >= _FIELDS:
        _flaw("sidecar-field", "a field is missing, or one too many")
    if told["version"] != VERSION:
        _flaw("sidecar-field", f"it is not of the version {VERSION}")
    committed = _COMMITTED.get(_word(told, "committed"))
    if committed is None:
        _flaw("sidecar-value", "it was committed to neither in the field nor at the desk")
    record = None
    if "log" in told:
        nonce = _bytes(told, "nonce", _HASH)
        record = Record(entry=_word(told, "entry"), log=_word(told, "log"), nonce=nonce)
    stamps = _read_stamps(told["stamps"])
    if stamps and record is None:
        _flaw("sidecar-field", "there are time stamps, and nothing that they are over")
    return Sidecar(
        card=_word(told, "card"),
        committed=committed,
        policy=_word(told, "policy"),
        redaction=_bytes(told, "redaction"),
        root=_bytes(told, "root", _HASH),
        record=record,
        stamps=stamps,
        file=_bytes(told, "file", _HASH) if "file" in told else b"",
        signature=_bytes(told, "signature", _SIGNATURE),
    )


def _read_stamps(told: Any) -> tuple[Stamps, ...]:
    if not isinstance(told, list) or len(told) > MAX_AUTHORITIES:
        _flaw("sidecar-field", f"the time stamps are not a list of at most {MAX_AUTHORITIES}")
    found = tuple(map(_read_authority, told))
    names = [one.authority for one in found]
    if names != sorted(set(names)):
        _flaw("sidecar-value", "the authorities stand out of order, or one stands there twice")
    return found


def _read_authority(told: Any) -> Stamps:
    if not isinstance(told, dict) or set(told) != {"authority", "roots", "stamps"}:
        _flaw("sidecar-field", "an authority's stamps have a field too few or too many")
    name, held = _word(told, "authority"), told["stamps"]
    if not isinstance(held, list) or not 1 <= len(held) <= MAX_STAMPS:
        _flaw("sidecar-field", f"an authority has no list of 1 to {MAX_STAMPS} stamps")
    if not _AUTHORITY.fullmatch(name):
        _flaw("sidecar-value", f"{name[:40]!r} is no short name of an authority")
    stamps = tuple(_bytes({"stamps": one}, "stamps") for one in held)
    return Stamps(authority=name, roots=_word(told, "roots"), stamps=stamps)


def _word(told: dict[str, Any], name: str) -> str:
    word = told[name]
    if not isinstance(word, str):
        _flaw("sidecar-field", f"{name} is not words")
    try:
        word.encode()
    except UnicodeEncodeError as error:
        raise FormatError("sidecar-value", f"{_WHAT}: {name} holds half a letter", mend=_MEND) from error
    return word


def _bytes(told: dict[str, Any], name: str, length: int | None = None) -> bytes:
    try:
        return unbase64(_word(told, name), length)
    except ValueError as error:
        size = "" if length is None else f" of {length} bytes"
        raise FormatError("sidecar-value", f"{_WHAT}: {name} is not base64{size}", mend=_MEND) from error


_WHAT: Final = "the proof beside the picture cannot be read"


def _flaw(code: str, what: str) -> NoReturn:
    raise FormatError(code, f"{_WHAT}: {what}", mend=_MEND)
