"""
The newsroom's own certificates for content credentials: made when first wanted, kept sealed, made anew before they end.

It is NOT the signing (wire/credentials.py). Readers' programs say "trusted" where they were given a root, so every
root that ever stood behind a picture stays published; of a root nothing secret is kept. docs/spec/picture.md.
"""

from __future__ import annotations

import dataclasses
import json

from typing import Any, Final

from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives.age import file as age
from tamizdat.primitives.digest import sha256
from tamizdat.primitives.stores import read
from tamizdat.wire import credentials
from tamizdat.wire.credentials import Chain


FILE: Final = "keys/credentials.age"
RENEW: Final = 90 * 86_400  # seconds before the certificate ends


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """
    What the newsroom signs pictures with.

    Attributes:
        chain: The one in use.

        roots: Of all chains there ever were, PEM, the newest first.
    """

    chain: Chain
    roots: tuple[bytes, ...]

    @property
    def name(self) -> str:
        """Sixteen digits that tell this chain from the others."""
        return sha256(self.chain.certificates).hex()[:16]


def keep(house: House, keys: Keys) -> Credentials:
    """Give the newsroom's credentials, made now where there are none or theirs end soon."""
    sealed = read(house.root, FILE)
    held = _read(age.open_(sealed, keys.identities)) if sealed is not None else None
    if held is not None and credentials.until(held.chain) - house.clock.now() > RENEW:
        return held
    chain = credentials.make_chain(house.settings.name, house.clock.now())
    fresh = Credentials(chain=chain, roots=(chain.root, *(held.roots if held is not None else ())))
    house.root.put(FILE, [age.seal(_write(fresh), keys.own_recipients, house.entropy)])
    return fresh


def _write(held: Credentials) -> bytes:
    plain: dict[str, Any] = {key: getattr(held.chain, key).decode("ascii") for key in ("certificates", "root", "key")}
    return json.dumps(plain | {"roots": [root.decode("ascii") for root in held.roots]}, sort_keys=True).encode("ascii")


def _read(raw: bytes) -> Credentials:
    plain = json.loads(raw)
    chain = Chain(**{key: plain[key].encode("ascii") for key in ("certificates", "root", "key")})
    return Credentials(chain=chain, roots=tuple(root.encode("ascii") for root in plain["roots"]))
