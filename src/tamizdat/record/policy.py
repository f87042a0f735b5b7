"""
Policies: which logs and which witnesses a reader believes, and how many of them, as c2sp.org/tlog-policy has them.

A policy says only how a checkpoint is validated; what an entry means is not known here. Flaws: docs/spec/log.md.
"""

from __future__ import annotations

import dataclasses
import re

from collections.abc import Collection, Mapping
from typing import Final, NoReturn

from tamizdat.primitives import note
from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.primitives.note import Verifier
from tamizdat.record import checkpoint
from tamizdat.record.checkpoint import Checkpoint


MAX_LENGTH: Final = 1 << 20
# The standard asks for at least 32 of each.
MAX_NAMES: Final = 256
NONE: Final = "none"
_FOREIGN: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_COUNT: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A log or a witness: its key, and where it can be asked (empty where the policy does not say)."""

    key: Verifier
    url: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """It has witnessed a checkpoint where *need* of its *members*, witnesses or groups, have."""

    need: int
    members: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    Whom a reader believes.

    Attributes:
        logs: Any one of these may have signed.

        witnesses, groups: By the names they have in the policy, in its order.

        quorum: The witness or group that must have witnessed; `NONE` where nobody must.
    """

    logs: tuple[Party, ...]
    witnesses: Mapping[str, Party]
    groups: Mapping[str, Group]
    quorum: str

    def witnessed(self, seen: Collection[str], name: str | None = None) -> bool:
        """Say whether the cosignatures of the witnesses *seen* are a quorum (or make the group *name* a witness)."""
        name = self.quorum if name is None else name
        if name in self.groups:
            group = self.groups[name]
            return sum(self.witnessed(seen, member) for member in group.members) >= group.need
        return name == NONE or name in seen


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    A checkpoint that a policy accepts.

    Attributes:
        head: What the log says of itself.

        seen: Who witnessed it, by name, and the second since 1970 each says it did.
    """

    head: Checkpoint
    seen: Mapping[str, int]


def read(raw: bytes) -> Policy:
    """
    Read a policy file.

    Raises:
        FormatError: ``policy``, with the number of the line; ``note-key`` where a key is none.
    """
    if len(raw) > MAX_LENGTH or _FOREIGN.search(raw):
        _flaw("it is too long, or has control characters in it")
    if raw and not raw.endswith(b"\n"):
        _flaw("its last line is not ended by a newline")
    reading = _Reading()
    # Octets beyond ASCII are opaque, as the standard wants: surrogates keep them apart and byte for byte.
    for number, line in enumerate(raw.decode("ascii", "surrogateescape").split("\n")[:-1], 1):
        words = [word for word in re.split(r"[ \t]+", line) if word]
        if words and not words[0].startswith("#"):
            reading.take(number, words)
    return reading.finish()


def verify(raw: bytes, policy: Policy, origin: str | None = None) -> Verdict:
    """
    Read a checkpoint and hold it against a policy.

    Raises:
        FormatError: It is no checkpoint.
        TrustError: ``policy-quorum``: too few witnesses cosigned it; or as `checkpoint.verify`.
    """
    head = checkpoint.verify(raw, *(log.key for log in policy.logs), origin=origin)
    if head.origin not in {log.key.name for log in policy.logs}:
        raise TrustError(
            "checkpoint-origin",
            f"it is a checkpoint of {head.origin!r}, which the policy does not name",
            mend="Get the checkpoint of the right log.",
            evidence=raw,
        )
    seen = {}
    for name, witness in policy.witnesses.items():
        try:
            signature = note.verify(raw, witness.key).signatures[0]
        except TrustError as error:
            if error.code == "note-forged":
                raise
            continue
        seen[name] = signature.time
    if not policy.witnessed(seen):
        here = ", ".join(seen) or "nobody"
        raise TrustError(
            "policy-quorum",
            f"too few outside witnesses signed it: {here} did, and that does not make {policy.quorum!r}",
            mend="Wait for a checkpoint that they signed, or ask the newsroom why they have not.",
            evidence=raw,
        )
    return Verdict(head=head, seen=seen)


def one_of(logs: Collection[Verifier], witnesses: Collection[Verifier], need: int) -> bytes:
    """Write the policy "signed by one of *logs*, cosigned by *need* of *witnesses*"."""
    lines = [f"log {key.vkey}" for key in logs]
    names = [f"w{number}" for number in range(1, len(witnesses) + 1)]
    lines += [line(name, key) for name, key in zip(names, witnesses, strict=True)]
    if need:
        lines.append(f"group outside {need} {' '.join(names)}")
    lines.append(f"quorum {'outside' if need else NONE}")
    return "".join(f"{line}\n" for line in lines).encode()


def line(name: str, key: Verifier, url: str = "") -> str:
    """Write the line of a policy that names a witness."""
    return f"witness {name} {key.vkey} {url}".rstrip()


class _Reading:
    """A policy being read, line by line."""

    def __init__(self) -> None:
        self._number = 0
        self._logs: list[Party] = []
        self._witnesses: dict[str, Party] = {}
        self._groups: dict[str, Group] = {}
        self._members: set[str] = set()
        self._quorum: str | None = None

    def take(self, number: int, words: list[str]) -> None:
        self._number = number
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                self._logs.append(self._party(vkey, words[2:], {note.ED25519}, self._logs))
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                self._fresh(name)
                self._witnesses[name] = self._party(vkey, words[3:], note.TIMED, self._witnesses.values())
            case ["group", name, count, *members] if members:
                self._fresh(name)
                self._groups[name] = self._group(count, members)
            case ["quorum", name]:
                if self._quorum is not None:
                    self._bad("there is a second quorum")
                self._known(name, none=True)
                self._quorum = name
            case _:
                self._bad(f"{' '.join(words)[:60]!r} is not a line of a policy")

    def finish(self) -> Policy:
        if self._quorum is None:
            _flaw("it has no quorum line")
        return Policy(logs=tuple(self._logs), witnesses=self._witnesses, groups=self._groups, quorum=self._quorum)

    def _party(self, vkey: str, url: list[str], kinds: Collection[int], others: Collection[Party]) -> Party:
        try:
            key = note.read_verifier(vkey.encode("ascii", "surrogateescape").decode())
        except UnicodeDecodeError:
            self._bad("a key in it is not UTF-8")
        if key.kind not in kinds:
            self._bad(f"the key of {key.name!r} is not of a kind for this use")
        if any(other.key.public == key.public for other in others):
            self._bad(f"the key of {key.name!r} stands in it twice")
        return Party(key=key, url="".join(url))

    def _group(self, count: str, members: list[str]) -> Group:
        for member in members:
            self._known(member)
            if member in self._members:
                self._bad(f"{member!r} is a member twice")
            self._members.add(member)
        need = {"all": len(members), "any": 1}.get(count) or (int(count) if _COUNT.fullmatch(count) else 0)
        if not 1 <= need <= len(members):
            self._bad(f"{count!r} of {len(members)} members cannot be")
        return Group(need=need, members=tuple(members))

    def _fresh(self, name: str) -> None:
        if name == NONE or name in self._witnesses or name in self._groups:
            self._bad(f"the name {name!r} is taken")
        if len(self._witnesses) + len(self._groups) >= MAX_NAMES:
            self._bad(f"there are more than {MAX_NAMES} names in it")

    def _known(self, name: str, *, none: bool = False) -> None:
        if name not in self._witnesses and name not in self._groups and not (none and name == NONE):
            self._bad(f"nothing above it is called {name!r}")

    def _bad(self, what: str) -> NoReturn:
        _flaw(f"line {self._number}: {what}")


def _flaw(what: str) -> NoReturn:
    raise FormatError("policy", f"this is no policy: {what}", mend="Get the policy anew from who gave it to you.")
