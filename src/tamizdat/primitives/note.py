"""
Signed notes: a text and the signatures of named keys under it, as c2sp.org/signed-note has them.

Three kinds of keys are verified: plain Ed25519 (1), and cosignatures with a time by Ed25519 (4) and by ML-DSA-44 (6,
c2sp.org/tlog-cosignature). What a note's text means is not known here (card, checkpoint, approvals). Flaws:
docs/spec/entry.md, "Notes".
"""

from __future__ import annotations

import dataclasses
import re

from typing import Final, NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from tamizdat.primitives import cosignature, digest
from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.primitives.text import rebase64, unbase64


ED25519: Final = 1
COSIGNATURE: Final = 4
MLDSA44: Final = 6
TIMED: Final = frozenset({COSIGNATURE, MLDSA44})
KEY_ID_LENGTH: Final = 4
KEY_LENGTH: Final = 32
TIME_LENGTH: Final = cosignature.TIME_LENGTH
# The standard asks for at least 16.
MAX_SIGNATURES: Final = 100
MAX_LENGTH: Final = 1 << 20

_DASH: Final = "\N{EM DASH} "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LENGTHS: Final = {ED25519: KEY_LENGTH, COSIGNATURE: KEY_LENGTH, MLDSA44: cosignature.MLDSA44_KEY}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """
    One signature line.

    Attributes:
        name: Whose key it claims to be.

        key_id: Four bytes that name the key.

        value: The signature, as the kind of the key has it.
    """

    name: str
    key_id: bytes
    value: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.key_id) != KEY_ID_LENGTH or not self.value:
            _flaw("note-signature-line", f"the signature of {self.name!r} is too short")

    @property
    def time(self) -> int:
        """When a cosignature says it was made; it means something only for a signature of that kind."""
        return int.from_bytes(self.value[:TIME_LENGTH], "big")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """
    A public key that can tell whether it signed a text.

    Attributes:
        name: Whose key it is: no spaces, no ``+``.

        key_id: Four bytes over name, kind and key.

        kind: `ED25519`, `COSIGNATURE` or `MLDSA44`.

        public: The key, 32 bytes; 1,312 of ML-DSA-44.
    """

    name: str
    key_id: bytes
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public) != _LENGTHS.get(self.kind):
            _flaw("note-key", f"the key of {self.name!r} is of a kind ({self.kind}) that is not known here")
        if self.key_id != _key_id(self.name, self.kind, self.public):
            _flaw("note-key", f"the key of {self.name!r} does not have the number it says")

    @property
    def vkey(self) -> str:
        """The key as one word (c2sp.org/signed-note, "Verifier keys")."""
        return f"{self.name}+{self.key_id.hex()}+{rebase64(bytes([self.kind]) + self.public)}"

    def signed(self, signature: Signature) -> bool:
        """Say whether *signature* claims to be this key's."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def verifies(self, text: str, signature: Signature) -> bool:
        """Say whether *signature* is this key's own over *text*."""
        if self.kind == ED25519:
            return cosignature.ed25519_holds(self.public, signature.value, text.encode())
        if not 0 < signature.time <= cosignature.MAX_TIME:
            return False
        value = signature.value[TIME_LENGTH:]
        if self.kind == COSIGNATURE:
            return cosignature.ed25519_holds(self.public, value, cosignature.ed25519_message(signature.time, text))
        try:
            message = cosignature.mldsa44_message(self.name, signature.time, text)
        except ValueError:
            return False
        return cosignature.mldsa44_holds(self.public, value, message)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """
    A private Ed25519 key with the name it signs under.

    Attributes:
        name: Whose key it is.

        seed: The 32 secret bytes (RFC 8032); they appear in no message.
    """

    name: str
    seed: bytes = dataclasses.field(repr=False)

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.seed) != KEY_LENGTH:
            _flaw("note-key", f"the private key of {self.name!r} is not 32 bytes")

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return Verifier(name=self.name, key_id=_key_id(self.name, ED25519, public), kind=ED25519, public=public)

    def sign(self, text: str) -> Signature:
        """Sign *text* (Ed25519, kind 1)."""
        value = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return Signature(name=self.name, key_id=self.verifier.key_id, value=value)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cosigner:
    """
    A private key that cosigns checkpoints, each with the time (c2sp.org/tlog-cosignature).

    Attributes:
        name: Whose key it is; *kind*: `COSIGNATURE` or `MLDSA44`.

        seed: The 32 secret bytes (RFC 8032; FIPS 204, 3.6.3); they appear in no message.
    """

    name: str
    kind: int
    seed: bytes = dataclasses.field(repr=False)

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.kind not in TIMED or len(self.seed) != KEY_LENGTH:
            _flaw("note-key", f"the private key of {self.name!r} is not one that cosigns")

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        public = self._private().public_key().public_bytes_raw()
        return Verifier(name=self.name, key_id=_key_id(self.name, self.kind, public), kind=self.kind, public=public)

    def cosign(self, text: str, time: int) -> Signature:
        """Sign the *text* of a checkpoint at *time*, seconds since 1970 and not 0."""
        if not 0 < time <= cosignature.MAX_TIME:
            _flaw("note-signature-line", f"a cosignature cannot be of second {time}")
        if self.kind == COSIGNATURE:
            message = cosignature.ed25519_message(time, text)
        else:
            message = cosignature.mldsa44_message(self.name, time, text)
        value = time.to_bytes(TIME_LENGTH, "big") + self._private().sign(message)
        return Signature(name=self.name, key_id=self.verifier.key_id, value=value)

    def _private(self) -> Ed25519PrivateKey | MLDSA44PrivateKey:
        if self.kind == COSIGNATURE:
            return Ed25519PrivateKey.from_private_bytes(self.seed)
        return MLDSA44PrivateKey.from_seed_bytes(self.seed)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """
    A text and the signatures under it.

    Attributes:
        text: What is signed; it ends in a newline.

        signatures: At least one.
    """

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        if not self.text.endswith("\n") or _CONTROL.search(self.text):
            _flaw("note-text", "the text does not end in a newline, or has control characters in it")
        if not 1 <= len(self.signatures) <= MAX_SIGNATURES:
            _flaw("note-signatures", f"{len(self.signatures)} signatures stand under it, not 1 to {MAX_SIGNATURES}")


def write(note: Note) -> bytes:
    """Write a note."""
    return f"{note.text}\n{''.join(map(write_signature, note.signatures))}".encode()


def read(raw: bytes, *, most: int = MAX_LENGTH) -> Note:
    """
    Read what `write` writes, and nothing else, at most *most* bytes. Nothing is verified: use `verify` to believe it.

    Raises:
        FormatError: ``note-length``, ``note-text``, ``note-signatures``, ``note-signature-line`` or ``note-name``.
    """
    if len(raw) > most:
        _flaw("note-length", f"it is longer than {most} bytes")
    try:
        whole = raw.decode()
    except UnicodeDecodeError as error:
        _flaw("note-text", "it is not UTF-8", error)
    # The last empty line parts text and signatures.
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        _flaw("note-signatures", "no signatures stand after an empty line")
    signatures = lines[:-1].split("\n")
    if len(signatures) > MAX_SIGNATURES:
        _flaw("note-signatures", f"more than {MAX_SIGNATURES} signatures stand under it")
    return Note(text=f"{text}\n", signatures=tuple(_read_signature(line) for line in signatures))


def sign(text: str, *signers: Signer) -> bytes:
    """Write *text* as a note with the signatures of all *signers*."""
    return write(Note(text=text, signatures=tuple(signer.sign(text) for signer in signers)))


def verify(raw: bytes, *verifiers: Verifier, most: int = MAX_LENGTH) -> Note:
    """
    Read a note and give it back with only those signatures that *verifiers* made, one of each key.

    Signatures of other keys are ignored, as the standard says.

    Raises:
        FormatError: As `read`.
        TrustError: ``note-unsigned``: none of *verifiers* signed; ``note-forged``: one of their signatures is false.
    """
    note = read(raw, most=most)
    good: dict[Verifier, Signature] = {}
    for signature in note.signatures:
        for verifier in verifiers:
            if not verifier.signed(signature):
                continue
            if not verifier.verifies(note.text, signature):
                raise TrustError(
                    "note-forged",
                    f"the signature of {verifier.name!r} is false: the text or the signature was altered",
                    mend="Do not believe it; get it anew from where it was published.",
                    evidence=raw,
                )
            good.setdefault(verifier, signature)
    if not good:
        names = ", ".join(sorted({verifier.name for verifier in verifiers})) or "nobody"
        raise TrustError(
            "note-unsigned",
            f"it is not signed by {names}",
            mend="Check that you have the right file, and the right key to check it with.",
            evidence=raw,
        )
    return dataclasses.replace(note, signatures=tuple(good.values()))


def generate_signer(name: str) -> Signer:
    """Make a fresh private key."""
    return Signer(name=name, seed=Ed25519PrivateKey.generate().private_bytes_raw())


def read_verifier(vkey: str) -> Verifier:
    """
    Read a public key from its one word.

    Raises:
        FormatError: ``note-key`` or ``note-name``.
    """
    name, key_id, key = _read_key(vkey)
    return Verifier(name=name, key_id=key_id, kind=key[0], public=key[1:])


def write_signer(signer: Signer | Cosigner) -> str:
    """Write a private key in Go's form (x/mod/sumdb/note). It is a secret."""
    verifier = signer.verifier
    key = rebase64(bytes([verifier.kind]) + signer.seed)
    return f"PRIVATE+KEY+{signer.name}+{verifier.key_id.hex()}+{key}"


def read_signer(skey: str) -> Signer:
    """
    Read what `write_signer` writes.

    Raises:
        FormatError: ``note-key`` or ``note-name``; never with the key in its words.
    """
    name, key_id, key = _read_private(skey)
    if key[0] != ED25519:
        _flaw("note-key", f"the private key of {name!r} is not an Ed25519 key")
    signer = Signer(name=name, seed=key[1:])
    if signer.verifier.key_id != key_id:
        _flaw("note-key", f"the private key of {name!r} does not have the number it says")
    return signer


def read_cosigner(skey: str) -> Cosigner:
    """Read what `write_signer` writes of a cosigner; errors as `read_signer`."""
    name, key_id, key = _read_private(skey)
    cosigner = Cosigner(name=name, kind=key[0], seed=key[1:])
    if cosigner.verifier.key_id != key_id:
        _flaw("note-key", f"the private key of {name!r} does not have the number it says")
    return cosigner


def write_signature(signature: Signature) -> str:
    """Write one signature line, as witnesses answer with."""
    return f"{_DASH}{signature.name} {rebase64(signature.key_id + signature.value)}\n"


def read_signatures(lines: str) -> tuple[Signature, ...]:
    """Read signature lines, each ended by a newline; errors as `read`."""
    if lines and not lines.endswith("\n"):
        _flaw("note-signatures", "the last signature line is not ended")
    return tuple(_read_signature(line) for line in lines.split("\n")[:-1])


def _read_private(skey: str) -> tuple[str, bytes, bytes]:
    head = "PRIVATE+KEY+"
    if not skey.startswith(head):
        _flaw("note-key", "it is not a private key")
    return _read_key(skey[len(head) :])


def _read_key(word: str) -> tuple[str, bytes, bytes]:
    name, _, rest = word.partition("+")
    number, _, key64 = rest.partition("+")
    try:
        key = unbase64(key64)
    except ValueError:
        key = b""
    if not re.fullmatch("[0-9a-f]{8}", number) or not key:
        _flaw("note-key", "it is not a key of the form NAME+NUMBER+KEY")
    return name, bytes.fromhex(number), key


def _read_signature(line: str) -> Signature:
    name, space, value64 = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        _flaw("note-signature-line", f"{line[:40]!r} is not a signature")
    try:
        value = unbase64(value64)
    except ValueError as error:
        _flaw("note-signature-line", f"the signature of {name[:40]!r} is not base64", error)
    return Signature(name=name, key_id=value[:KEY_ID_LENGTH], value=value[KEY_ID_LENGTH:])


def _check_name(name: str) -> None:
    if not name or "+" in name or any(letter.isspace() for letter in name) or _CONTROL.search(name):
        _flaw("note-name", f"{name[:40]!r} is not the name of a key: it is empty, or has a space or a plus in it")


def _key_id(name: str, kind: int, public: bytes) -> bytes:
    return digest.sha256(name.encode(), b"\n", bytes([kind]), public)[:KEY_ID_LENGTH]


def _flaw(code: str, what: str, cause: Exception | None = None) -> NoReturn:
    raise FormatError(code, what, mend="Get the file anew from where it was published.") from cause
