"""
For whom a file is sealed, and who opens it: X25519, the post-quantum hybrid, and passphrases.

Not plugins, not SSH keys, not the tagged kinds for hardware. What is secret is in no error and no repr. The
specification is C2SP's (age-encryption.org/v1, "Native recipient types").
"""

from __future__ import annotations

import abc
import hashlib

from collections.abc import Sequence
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tamizdat.primitives import text
from tamizdat.primitives.age import bech32, header, wrapping
from tamizdat.primitives.age.header import Stanza
from tamizdat.primitives.errors import AdapterError, FormatError, UsageError
from tamizdat.primitives.ports import Entropy


KEY_LENGTH: Final = 32
SALT_LENGTH: Final = 16
WORK_FACTOR: Final = 18
MAX_WORK_FACTOR: Final = 22

_MLKEM_PUBLIC: Final = 1184
_MLKEM_SHARE: Final = 1088
_ENCAPSULATED: Final = _MLKEM_SHARE + KEY_LENGTH
_HYBRID_LABEL: Final = b"age-encryption.org/mlkem768x25519"
_X25519_LABEL: Final = b"age-encryption.org/v1/X25519"
_SCRYPT_LABEL: Final = b"age-encryption.org/v1/scrypt"
# Any private key shows a point of low order, for all give zero with it.
_PROBE: Final = X25519PrivateKey.from_private_bytes(bytes(KEY_LENGTH))


class Opener(Protocol):
    """Whoever may open a file."""

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """
        Give the file key, or None where no stanza is for this one.

        Raises:
            FormatError: A stanza of its kind does not keep to the specification.
        """


class Recipient(abc.ABC):
    """
    Whom a file is sealed for. Its str is what others need to seal for it.

    Attributes:
        kind: What its stanza is called.

        post_quantum: Whether it withstands the computers that are feared.
    """

    kind: str
    post_quantum: bool

    @abc.abstractmethod
    def wrap(self, file_key: bytes, entropy: Entropy) -> Stanza:
        """Wrap the file key, otherwise each time."""


class Identity(abc.ABC):
    """Who opens: the secret half of a recipient."""

    @abc.abstractmethod
    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """Give the file key, or None where no stanza is for this one; as `Opener` says."""

    @abc.abstractmethod
    def secret(self) -> str:
        """Write the secret itself, as ``AGE-SECRET-KEY-...``: it opens everything ever sealed for it."""

    @abc.abstractmethod
    def recipient(self) -> Recipient:
        """Give the half that anyone may know."""

    def __repr__(self) -> str:
        return f"<identity of {str(self.recipient())[:24]}...>"


class _PublicKey(Recipient):
    """A recipient that is a key, spelled in Bech32."""

    prefix: str

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def __str__(self) -> str:
        return bech32.write(self.prefix, self.raw)

    def __repr__(self) -> str:
        return f"<recipient {str(self)[:24]}...>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _PublicKey) and (self.kind, self.raw) == (other.kind, other.raw)

    def __hash__(self) -> int:
        return hash((self.kind, self.raw))


class X25519Recipient(_PublicKey):
    """A classical recipient, ``age1...``."""

    prefix = "age"
    kind = "X25519"
    post_quantum = False

    def __init__(self, raw: bytes) -> None:
        super().__init__(raw)
        self._key = _point(raw)

    def wrap(self, file_key: bytes, entropy: Entropy) -> Stanza:
        """Wrap the file key with a share made from *entropy*."""
        own = X25519PrivateKey.from_private_bytes(entropy.random(KEY_LENGTH))
        share = own.public_key().public_bytes_raw()
        key = header.derive(own.exchange(self._key), share + self.raw, _X25519_LABEL)
        body = wrapping.wrap(key, file_key)
        return Stanza(kind=self.kind, arguments=(header.encode(share),), body=body)


class X25519Identity(Identity):
    """The secret half of a classical recipient."""

    prefix = "AGE-SECRET-KEY-"

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_LENGTH:
            raise ValueError("it has the wrong length")
        self._raw = raw
        self._key = X25519PrivateKey.from_private_bytes(raw)
        self._recipient = X25519Recipient(self._key.public_key().public_bytes_raw())

    def secret(self) -> str:
        """Write the secret itself."""
        return bech32.write(self.prefix.lower(), self._raw).upper()

    def recipient(self) -> X25519Recipient:
        """Give the half that anyone may know."""
        return self._recipient

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """Try every stanza of its kind; as `Opener` says."""
        return wrapping.first(self._unwrap(stanza) for stanza in wrapping.of_kind(stanzas, "X25519", 1))

    def _unwrap(self, stanza: Stanza) -> bytes | None:
        share = wrapping.argument(stanza, 0, KEY_LENGTH)
        try:
            shared = self._key.exchange(X25519PublicKey.from_public_bytes(share))
        except ValueError as error:
            raise header.flaw("a key in it is one that hides nothing") from error
        key = header.derive(shared, share + self._recipient.raw, _X25519_LABEL)
        return wrapping.unwrap(key, stanza.body)


class HybridRecipient(_PublicKey):
    """A post-quantum recipient, ``age1pq1...``: ML-KEM-768 and X25519 together, both to be broken."""

    prefix = "age1pq"
    kind = "mlkem768x25519"
    post_quantum = True

    def __init__(self, raw: bytes) -> None:
        super().__init__(raw)
        key = MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC])
        self._key = hpke.MLKEM768X25519PublicKey(key, _point(raw[_MLKEM_PUBLIC:]))

    def wrap(self, file_key: bytes, entropy: Entropy) -> Stanza:  # noqa: ARG002  cryptography's HPKE has its own dice
        """Wrap the file key with what cryptography itself draws."""
        sealed = _suite().encrypt(file_key, self._key, _HYBRID_LABEL)
        share, body = sealed[:_ENCAPSULATED], sealed[_ENCAPSULATED:]
        return Stanza(kind=self.kind, arguments=(header.encode(share),), body=body)


class HybridIdentity(Identity):
    """The secret half of a post-quantum recipient."""

    prefix = "AGE-SECRET-KEY-PQ-"

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_LENGTH:
            raise ValueError("it has the wrong length")
        self._raw = raw
        # draft-ietf-hpke-pq, MLKEM768-X25519: the 32 bytes are the seed of both keys.
        seeds = hashlib.shake_256(raw).digest(3 * KEY_LENGTH)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(seeds[: 2 * KEY_LENGTH])
        self._x25519 = X25519PrivateKey.from_private_bytes(seeds[2 * KEY_LENGTH :])
        self._key = hpke.MLKEM768X25519PrivateKey(mlkem, self._x25519)
        public = mlkem.public_key().public_bytes_raw() + self._x25519.public_key().public_bytes_raw()
        self._recipient = HybridRecipient(public)

    def secret(self) -> str:
        """Write the secret itself."""
        return bech32.write(self.prefix.lower(), self._raw).upper()

    def recipient(self) -> HybridRecipient:
        """Give the half that anyone may know."""
        return self._recipient

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """Try every stanza of its kind; as `Opener` says."""
        return wrapping.first(self._unwrap(stanza) for stanza in wrapping.of_kind(stanzas, "mlkem768x25519", 1))

    def _unwrap(self, stanza: Stanza) -> bytes | None:
        share = wrapping.argument(stanza, 0, _ENCAPSULATED)
        # cryptography's HPKE says the same for a point of low order and for a foreign key; the specification does not.
        _shareable(share[_MLKEM_SHARE:])
        try:
            return _suite().decrypt(share + stanza.body, self._key, _HYBRID_LABEL)
        except InvalidTag:
            return None


class Passphrase(Recipient):
    """
    A passphrase, which seals and opens, alone in a file.

    Attributes:
        work_factor: The base-two logarithm of the work to seal; 18 takes a second and 256 MiB.

        max_work_factor: The most work to open with; each step doubles time and memory.
    """

    kind = "scrypt"
    post_quantum = True

    def __init__(
        self, secret: bytes, work_factor: int = WORK_FACTOR, *, max_work_factor: int = MAX_WORK_FACTOR
    ) -> None:
        if not secret:
            raise UsageError("age-passphrase", "the passphrase is empty", mend="Give a passphrase of several words.")
        if not 1 <= work_factor <= max_work_factor:
            raise UsageError(
                "age-work-factor",
                f"the work factor {work_factor} is not between 1 and {max_work_factor}",
                mend=f"Choose about {WORK_FACTOR}.",
            )
        self._secret = secret
        self.work_factor = work_factor
        self.max_work_factor = max_work_factor

    def __repr__(self) -> str:
        return "<passphrase>"

    def wrap(self, file_key: bytes, entropy: Entropy) -> Stanza:
        """Wrap the file key with a salt made from *entropy*."""
        salt = entropy.random(SALT_LENGTH)
        body = wrapping.wrap(self._stretch(salt, self.work_factor), file_key)
        return Stanza(kind=self.kind, arguments=(header.encode(salt), str(self.work_factor)), body=body)

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """Try the one stanza of its kind; as `Opener` says."""
        return wrapping.first(self._unwrap(stanza) for stanza in wrapping.of_kind(stanzas, self.kind, 2))

    def _unwrap(self, stanza: Stanza) -> bytes | None:
        salt = wrapping.argument(stanza, 0, SALT_LENGTH)
        try:
            work_factor = text.decimal(stanza.arguments[1])
        except ValueError as error:
            raise header.flaw("its work factor is not a plain number") from error
        if not 1 <= work_factor <= self.max_work_factor:
            raise header.flaw(f"its work factor {work_factor} is not between 1 and {self.max_work_factor}")
        return wrapping.unwrap(self._stretch(salt, work_factor), stanza.body)

    def _stretch(self, salt: bytes, work_factor: int) -> bytes:
        try:
            kdf = Scrypt(salt=_SCRYPT_LABEL + salt, length=KEY_LENGTH, n=1 << work_factor, r=8, p=1)
            return kdf.derive(self._secret)
        except MemoryError as error:
            raise AdapterError(
                "age-memory",
                f"a passphrase of work factor {work_factor} takes {(1 << work_factor) >> 10} MiB of memory",
                mend="Close other programs, or use a machine with more memory.",
            ) from error


def generate(post_quantum: bool = True, entropy: Entropy | None = None) -> Identity:  # noqa: FBT001, FBT002  the contract
    """Make a new identity, from *entropy* or else from what cryptography itself draws."""
    raw = entropy.random(KEY_LENGTH) if entropy else ChaCha20Poly1305.generate_key()
    return HybridIdentity(raw) if post_quantum else X25519Identity(raw)


def read_recipient(word: str) -> Recipient:
    """
    Read ``age1...`` or ``age1pq1...``.

    Raises:
        FormatError: It is neither, or not in its one spelling.
    """
    try:
        prefix, raw = bech32.read(word)
        for kind in (X25519Recipient, HybridRecipient):
            if prefix == kind.prefix:
                return kind(raw)
    except ValueError as error:
        raise _not_a_recipient(word, str(error)) from error
    raise _not_a_recipient(word, "it is of a kind not known here")


def read_identity(word: str) -> Identity:
    """
    Read ``AGE-SECRET-KEY-1...`` or ``AGE-SECRET-KEY-PQ-1...``.

    Raises:
        FormatError: It is neither, or not in its one spelling; the word itself is not in the error.
    """
    try:
        prefix, raw = bech32.read(word)
        for kind in (X25519Identity, HybridIdentity):
            if prefix == kind.prefix:
                return kind(raw)
    except ValueError as error:
        raise _not_an_identity(str(error)) from error
    raise _not_an_identity("it is of a kind not known here")


def read_identity_file(content: str) -> list[Identity]:
    """
    Read an identity file: one identity a line, comments behind ``#``, empty lines.

    Raises:
        FormatError: A line is none of them, or there is no identity at all.
    """
    identities = []
    for number, line in enumerate(content.splitlines(), 1):
        word = line.strip()
        if word and not word.startswith("#"):
            try:
                identities.append(read_identity(word))
            except FormatError as error:
                raise _not_an_identity(f"line {number}: {error}") from error
    if not identities:
        raise _not_an_identity("there is none in it")
    return identities


def write_identity_file(identity: Identity) -> str:
    """Write an identity as age-keygen does: the public half as a comment, then the secret."""
    return f"# public key: {identity.recipient()}\n{identity.secret()}\n"


def _suite() -> hpke.Suite:
    return hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


def _point(raw: bytes) -> X25519PublicKey:
    key = X25519PublicKey.from_public_bytes(raw)
    _PROBE.exchange(key)
    return key


def _shareable(share: bytes) -> None:
    try:
        _point(share)
    except ValueError as error:
        raise header.flaw("a key in it is one that hides nothing") from error


def _not_a_recipient(word: str, why: str) -> FormatError:
    shown = "a secret key" if word.upper().startswith("AGE-SECRET") else repr(word[:24])
    return FormatError(
        "age-recipient", f"{shown} is not a recipient: {why}", mend="Give the whole word that begins with age1."
    )


def _not_an_identity(why: str) -> FormatError:
    return FormatError(
        "age-identity", f"the identity cannot be read: {why}", mend="Give the line that begins with AGE-SECRET-KEY-."
    )
