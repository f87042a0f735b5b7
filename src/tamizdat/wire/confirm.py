"""
Who else than the newsroom says when a state of its public record was there: outside witnesses and time authorities.

Witnesses count where the newsroom's card names them, and as many as its policy asks for; a stamp up to a root that is
named with it. What is made of that in words is wire/sidecar.py's and wire/onrecord.py's. docs/spec/sidecar.md, 6 and 7.
"""

from __future__ import annotations

import dataclasses
import itertools

from collections.abc import Collection, Mapping, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from tamizdat.primitives import note
from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.record import entry as entries
from tamizdat.record import policy, stamp
from tamizdat.record.policy import Policy
from tamizdat.record.stamp import Stamp


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """
    What outside witnesses say of one state of the record.

    Attributes:
        names: Those on the card whose signatures make the quorum; without one, all on the card who signed.

        since: When the quorum was complete, in seconds since 1970; None where it is not, or none is asked for.

        wanted: Whether the policy asks for a quorum at all.

        forged: Those on the card whose signature is false.

        strangers: Those who signed, stand in the policy, and not on the card.
    """

    names: tuple[str, ...]
    since: int | None
    wanted: bool
    forged: tuple[str, ...]
    strangers: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """
    What an authority says.

    Attributes:
        time: When the state of the record was there, in seconds since 1970.

        until: When the certificate ends that signed its newest stamp.

        root: What the root behind it calls itself, and *fingerprint*, the SHA-256 of its certificate.
    """

    time: int
    until: int
    root: str
    fingerprint: str


def witnesses(raw: bytes, rules: Policy, named: Collection[str]) -> Witnessed:
    """Hold a signed state of the record against a policy; *named* are the verifier keys on the card."""
    seen: dict[str, int] = {}
    forged, strangers = [], []
    for name, party in rules.witnesses.items():
        own = party.key.vkey in named
        try:
            time = note.verify(raw, party.key).signatures[0].time
        except TrustError as error:
            if error.code == "note-forged" and own:
                forged.append(party.key.name)
            continue
        if not own:
            strangers.append(party.key.name)
        elif time < entries.MAX_TIME:  # a time beyond what dates can be written in is nobody's
            seen[name] = time
    wanted = rules.quorum != policy.NONE
    since = _complete(rules, seen) if wanted else None
    counted = [name for name, time in seen.items() if since is None or time <= since]
    return Witnessed(
        names=tuple(dict.fromkeys(rules.witnesses[name].key.name for name in counted)),
        since=since,
        wanted=wanted,
        forged=tuple(dict.fromkeys(forged)),
        strangers=tuple(dict.fromkeys(strangers)),
    )


def stamps(responses: Sequence[bytes], data: bytes, roots: bytes) -> Stamped:
    """
    Check an authority's responses: the first over *data*, each other over the one before it, up to *roots* (PEM).

    Raises:
        TrustError: ``stamp-false``.
        FormatError: ``stamp``, ``stamp-roots``.
    """
    try:
        anchors = stamp.read_roots(roots)
        root, first = _stamped(responses[0], data, anchors)
        last = first
        for older, newer in itertools.pairwise(responses):
            _, last = _stamped(newer, older, anchors)
        return Stamped(
            time=first.time, until=last.until, root=_name(root), fingerprint=root.fingerprint(hashes.SHA256()).hex()
        )
    except ValueError as error:  # a certificate's own fields may be spoilt
        raise FormatError("stamp-roots", f"a certificate cannot be read: {error}", mend="Ask the newsroom.") from error


def _complete(rules: Policy, seen: Mapping[str, int]) -> int | None:
    """Find when the quorum was complete: no single clock decides alone where more than one is wanted."""
    for time in sorted(set(seen.values())):
        if rules.witnessed([name for name, other in seen.items() if other <= time]):
            return time
    return None


def _stamped(response: bytes, data: bytes, roots: Sequence[x509.Certificate]) -> tuple[x509.Certificate, Stamp]:
    """Check one response, and say which of *roots* stands behind it."""
    for root in roots[:-1]:
        try:
            return root, stamp.verify(response, data, [root])
        except TrustError:
            continue
    return roots[-1], stamp.verify(response, data, [roots[-1]])


def _name(root: x509.Certificate) -> str:
    """Give a root's own name, letters only: it is whatever its maker wrote."""
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in root.subject.get_attributes_for_oid(oid):
            return "".join(letter for letter in str(attribute.value) if letter.isprintable())[:100]
    return "?"
