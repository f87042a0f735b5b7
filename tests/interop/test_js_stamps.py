"""
Time stamps, however they are made or spoilt: what the verifier page believes the command line believes too, with the same times.

Python has rfc3161-client and OpenSSL's rules, the page docs/adr/0013. Where one refuses what the other takes, it stands here.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import random
import subprocess

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Use
from cryptography.x509.oid import NameOID, ObjectIdentifier

from tamizdat.primitives.errors import TamizdatError
from tamizdat.record import stamp
from tests import tools
from tests.interop.jsrecord import base64s


T, DAY = 1_795_651_200, 86_400
DATA = b"a state of the record"
HASHES: dict[str, Any] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
HASH, WITH_EC, WITH_RSA = (
    {name: bytes.fromhex(head) + bytes([last]) for name, last in zip(HASHES, lasts, strict=True)}
    for head, lasts in (
        ("06096086480165030402", (1, 2, 3)),
        ("06082a8648ce3d0403", (2, 3, 4)),
        ("06092a864886f70d0101", (11, 12, 13)),
    )
)
RSA, PSS, MGF1 = (bytes.fromhex("06092a864886f70d0101") + bytes([last]) for last in (1, 10, 8))
ED25519 = bytes.fromhex("06032b6570")
SIGNED_DATA, KIND, DIGEST = (bytes.fromhex(f"06092a864886f70d01{last}") for last in ("0702", "0903", "0904"))
INFO, SIGNING, SIGNING_V2 = (bytes.fromhex(f"060b2a864886f70d010910{last}") for last in ("0104", "020c", "022f"))
CA = ((x509.BasicConstraints(ca=True, path_length=None), True),)
NARROW = ((x509.BasicConstraints(ca=True, path_length=0), True),)
ENTITY = (x509.BasicConstraints(ca=False, path_length=None), True)
LEAF = (ENTITY, (x509.ExtendedKeyUsage([Use.TIME_STAMPING]), True))
ODD = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4.5"), b"\5\0")
Attributes = Mapping[str, bytes]


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    long = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 128 | len(long)]) + long + body


def integer(value: int) -> bytes:
    return der(2, value.to_bytes(value.bit_length() // 8 + 1))


def key(kind: str) -> Any:
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    curves = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}
    return ec.generate_private_key(curves[kind]) if kind in curves else rsa.generate_private_key(65537, int(kind))


KEYS: dict[str, Any] = {kind: key(kind) for kind in ("2048", "2056", "1024", "p256", "p384", "p521", "ed25519")}
ROOT, MIDDLE, OTHER = key("p256"), key("p256"), key("p256")


def certificate(subject: str, public: Any, issuer: str, signer: Any, extensions: Any = LEAF, **how: int) -> Any:
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)]
    begin, end = (
        datetime.datetime.fromtimestamp(how.get(name, usual), datetime.UTC)
        for name, usual in (("begin", T - DAY), ("end", T + 30 * DAY))
    )
    made = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(public.public_key())
    made = made.serial_number(how.get("serial", 5)).not_valid_before(begin).not_valid_after(end)
    for extension, critical in extensions:
        made = made.add_extension(extension, critical=critical)
    return made.sign(signer, hashes.SHA256())


def raw(one: x509.Certificate) -> bytes:
    return one.public_bytes(serialization.Encoding.DER)


def signature(signer: Any, data: bytes, named: str, way: str) -> tuple[bytes, bytes]:
    """Give how it is signed, and the signature."""
    hashed = HASHES[named]
    if isinstance(signer, ed25519.Ed25519PrivateKey):
        return der(0x30, ED25519), signer.sign(data)
    if isinstance(signer, ec.EllipticCurvePrivateKey):
        return der(0x30, WITH_EC[named]), signer.sign(data, ec.ECDSA(hashed))
    if way == "pss":
        inner = der(0x30, HASH[named], b"\5\0")
        fields = (der(0xA0, inner), der(0xA1, der(0x30, MGF1, inner)), der(0xA2, integer(hashed.digest_size)))
        mask = padding.PSS(padding.MGF1(hashed), hashed.digest_size)
        return der(0x30, PSS, der(0x30, *fields)), signer.sign(data, mask, hashed)
    name = RSA if way == "plain" else WITH_RSA[named]
    return der(0x30, name, b"\5\0"), signer.sign(data, padding.PKCS1v15(), hashed)


def answer(leaf: Any, signer: Any, **how: Any) -> bytes:
    """Answer as an authority does, or as *how* says."""
    named, time = how.get("hash", "sha256"), how.get("time", T)
    when = how.get("when") or datetime.datetime.fromtimestamp(time, datetime.UTC).strftime("%Y%m%d%H%M%SZ")
    imprint = der(0x30, der(0x30, HASH["sha256"]), der(4, hashlib.sha256(DATA).digest()))
    info = der(
        0x30,
        integer(1),
        bytes.fromhex("06032a0304"),
        imprint,
        integer(1),
        der(0x18, when.encode()),
        how.get("more", b""),
    )
    own = hashlib.sha256(raw(leaf)).digest()
    given: Attributes = {
        "kind": der(0x30, KIND, der(0x31, INFO)),
        "digest": der(0x30, DIGEST, der(0x31, der(4, hashlib.new(named, info).digest()))),
        "signing": der(0x30, SIGNING_V2, der(0x31, der(0x30, der(0x30, der(0x30, der(4, own)))))),
    }
    change: Callable[[Attributes], Attributes] = how.get("attributes", dict)
    attributes = sorted(change(given).values())
    way, value = signature(signer, der(0x31, *attributes), how.get("signed", named), how.get("way", "pkcs1"))
    algorithm = der(0x30, HASH[named])
    who = der(0x30, leaf.issuer.public_bytes(), integer(leaf.serial_number))
    one = der(0x30, integer(1), who, algorithm, der(0xA0, *attributes), way, der(4, value))
    held = sorted(map(raw, how.get("certificates", [leaf])))
    content = der(0x30, INFO, der(0xA0, der(4, info)))
    listed = how.get("listed", algorithm)
    signed = der(
        0x30, integer(3), der(0x31, listed), content, der(0xA0, *held), der(0x31, *[one] * how.get("times", 1))
    )
    return der(0x30, der(0x30, integer(how.get("status", 0))), der(0x30, SIGNED_DATA, der(0xA0, signed)))


def plain(kind: str = "p256", extensions: Any = LEAF, root: Any = CA, **how: Any) -> tuple[bytes, list[Any]]:
    """Give an answer by an authority right under its root, and the root."""
    top = certificate("root", ROOT, "root", ROOT, root, serial=1, **how.pop("top", {}))
    leaf = certificate("leaf", KEYS[kind], "root", ROOT, extensions)
    how.setdefault("certificates", [leaf, *how.pop("beside", [])])
    return answer(leaf, KEYS[kind], **how), [top]


def chain(extensions: Any = CA, root: Any = CA, *, held: bool = True, **dates: int) -> tuple[bytes, list[Any]]:
    """The same with a certificate between."""
    top = certificate("root", ROOT, "root", ROOT, root, serial=1)
    middle = certificate("middle", MIDDLE, "root", ROOT, extensions, serial=2, **dates)
    leaf = certificate("leaf", KEYS["p256"], "middle", MIDDLE)
    return answer(leaf, KEYS["p256"], certificates=[leaf, middle] if held else [leaf]), [top]


def circle(count: int) -> tuple[bytes, list[Any]]:
    """Certificates that sign each other, and none that anybody knows."""
    one = [certificate("a", MIDDLE, "b", OTHER, CA, serial=100 + at) for at in range(count)]
    two = [certificate("b", OTHER, "a", MIDDLE, CA, serial=200 + at) for at in range(count)]
    leaf = certificate("leaf", KEYS["p256"], "a", MIDDLE)
    return answer(leaf, KEYS["p256"], certificates=[leaf, *one, *two]), plain()[1]


def usage(**bits: bool) -> tuple[x509.KeyUsage, bool]:
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign"
    )
    words = [*names.split(), "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{name: bits.get(name, False) for name in words}), True


def purpose(*uses: ObjectIdentifier, critical: bool = True) -> tuple[Any, ...]:
    return ENTITY, (x509.ExtendedKeyUsage(list(uses)), critical)


def cases() -> Iterator[tuple[str, str, tuple[bytes, list[Any]]]]:
    """Who believes it, what it is, the answer and the roots."""
    for named in HASHES:
        for kind in ("2048", "2056", "p256", "p384", "p521"):
            yield "both", f"{kind} {named}", plain(kind, hash=named)
        yield "page", f"ed25519 {named}", plain("ed25519", hash=named)
        for kind in ("2048", "2056"):
            yield "page", f"{kind} pss {named}", plain(kind, hash=named, way="pss")
        yield "command", f"1024 {named}", plain("1024", hash=named)
    yield "both", "RSA that names no hash", plain("2048", way="plain")
    yield "neither", "one hash named, another signed", plain(signed="sha512")
    yield "neither", "the hash not named beforehand", plain(listed=der(0x30, HASH["sha512"]))
    yield "neither", "refused", plain(status=2)
    yield "neither", "granted otherwise", plain(status=1)
    yield "neither", "signed twice", plain(times=2)
    yield "neither", "no certificate", plain(certificates=[])
    for when, who in (
        ("20261126120000.5Z", "both"), ("20261126120000.123456Z", "both"), ("20261126120000.50Z", "neither"), ("20261126120000", "neither"),
        ("202611261200Z", "neither"), ("20261126120060Z", "neither"), ("20270230000000Z", "neither"), ("20261126120000+0000", "neither"),
    ):  # fmt: skip
        yield who, f"at {when}", plain(when=when)
    for at, who in ((T - DAY, "both"), (T - DAY - 1, "neither"), (T + 30 * DAY - 1, "both"), (T + 30 * DAY, "neither")):
        yield who, f"at {at - T}", plain(time=at)
    yield "neither", "the root had ended", plain(top={"end": T - 1})
    yield "neither", "the root had not begun", plain(top={"begin": T + 1})
    yield from certificates()
    yield from attributes()


def certificates() -> Iterator[tuple[str, str, tuple[bytes, list[Any]]]]:
    yield "neither", "no purpose", plain(extensions=(ENTITY,))
    yield "neither", "no must", plain(extensions=purpose(Use.TIME_STAMPING, critical=False))
    yield "neither", "another purpose", plain(extensions=purpose(Use.CODE_SIGNING))
    yield "neither", "every purpose", plain(extensions=purpose(Use.ANY_EXTENDED_KEY_USAGE))
    yield "neither", "two purposes", plain(extensions=purpose(Use.TIME_STAMPING, Use.CODE_SIGNING))
    yield "both", "signs", plain(extensions=(*LEAF, usage(digital_signature=True)))
    yield "both", "commits", plain(extensions=(*LEAF, usage(content_commitment=True)))
    yield "neither", "hides", plain(extensions=(*LEAF, usage(key_encipherment=True)))
    yield "neither", "signs and hides", plain(extensions=(*LEAF, usage(digital_signature=True, key_encipherment=True)))
    yield "neither", "signs certificates", plain(extensions=(*LEAF, usage(key_cert_sign=True)))
    yield "neither", "an unknown must", plain(extensions=(*LEAF, (ODD, True)))
    yield "both", "an unknown may", plain(extensions=(*LEAF, (ODD, False)))
    yield "neither", "the root is none", plain(root=(ENTITY,))
    yield "neither", "the root does not say so", plain(root=())
    yield "neither", "the root does not sign certificates", plain(root=(*CA, usage(digital_signature=True)))
    yield "neither", "the root has an unknown must", plain(root=(*CA, (ODD, True)))
    yield "both", "the root has nothing under its leaves", plain(root=NARROW)
    yield "both", "one between", chain()
    yield "neither", "one between that is missing", chain(held=False)
    yield "neither", "one between that is a leaf", chain((ENTITY,))
    yield "neither", "one between that has ended", chain(end=T - 1)
    yield "neither", "one between with an unknown must", chain((*CA, (ODD, True)))
    yield "neither", "one between that does not sign certificates", chain((*CA, usage(digital_signature=True)))
    yield "neither", "one between where none may be", chain(CA, NARROW)
    namesake = certificate("root", OTHER, "root", OTHER, CA, serial=1)
    yield "both", "a namesake of the root inside", plain(beside=[namesake])
    yield "neither", "a namesake of the root outside", (plain()[0], [namesake])
    yield "neither", "a twin of the leaf", plain(beside=[certificate("twin", OTHER, "root", ROOT)])
    response, _ = plain()
    yield "neither", "the leaf for a root", (response, [certificate("leaf", KEYS["p256"], "root", ROOT)])
    yield "neither", "two in a circle", circle(1)
    yield "neither", "a web of circles", circle(12)


def attributes() -> Iterator[tuple[str, str, tuple[bytes, list[Any]]]]:
    leaf = certificate("x", OTHER, "x", OTHER)
    first = der(0x30, SIGNING, der(0x31, der(0x30, der(0x30, der(0x30, der(4, hashlib.sha1(raw(leaf)).digest()))))))
    more = der(0x30, bytes.fromhex("06032a0305"), der(0x31, b"\5\0"))
    foreign = der(0x30, SIGNING_V2, der(0x31, der(0x30, der(0x30, der(0x30, der(4, bytes(32)))))))
    empty = der(0x30, DIGEST, der(0x31, der(4, bytes(32))))
    yield "both", "an attribute more", plain(attributes=lambda all_: {**all_, "more": more})
    yield "neither", "another digest", plain(attributes=lambda all_: {**all_, "digest": empty})
    yield "neither", "no digest", plain(attributes=lambda all_: {**all_, "digest": more})
    # rfc3161-client lets these pass; whoever holds the key of an authority could make them, and nobody else.
    yield "command", "no kind", plain(attributes=lambda all_: {**all_, "kind": more})
    yield "command", "another certificate", plain(attributes=lambda all_: {**all_, "signing": foreign})
    yield "command", "another certificate, as of old", plain(attributes=lambda all_: {**all_, "signing": first})
    yield "command", "no certificate named", plain(attributes=lambda all_: {**all_, "signing": more})
    yield "command", "one twice", plain(attributes=lambda all_: {**all_, "again": all_["digest"]})
    yield "both", "accuracy, order and a number", plain(more=der(0x30, integer(1)) + b"\1\1\xff" + integer(9))
    yield "neither", "yes in another spelling", plain(more=b"\1\1\x01")
    yield "neither", "no spelt out", plain(more=b"\1\1\x00")
    yield "neither", "a field more", plain(more=der(12, b"x"))


def commands(response: bytes, roots: list[Any]) -> object:
    try:
        told = stamp.verify(response, DATA, roots)
    except TamizdatError as error:
        return error.code
    return [told.time, told.until]


def pages(asked: list[tuple[bytes, list[Any]]]) -> list[object]:
    tools.node_module("asn1js")
    jobs = []
    for response, roots in asked:
        pem = "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in roots)
        jobs.append({"verb": "bytes", "response": base64s(response), "data": base64s(DATA), "roots": pem})
    script = tools.ROOT / "tests/interop/check.mjs"
    done = subprocess.run(
        [tools.need("node"), script], input=json.dumps(jobs).encode(), capture_output=True, check=True
    )
    return [one.get("code") or [one["time"], one["until"]] for one in json.loads(done.stdout)]


def who(page: object, command: object) -> str:
    if isinstance(page, list) and isinstance(command, list):
        assert page == command
        return "both"
    return "page" if isinstance(page, list) else "command" if isinstance(command, list) else "neither"


def test_what_an_authority_may_do_and_may_not_is_judged_as_it_stands_here() -> None:
    """The page takes two ways of signing more; the command line a weak key, and some attributes that only the authority itself can spoil."""
    made = list(cases())

    found = pages([case for _, _, case in made])

    judged = {name: who(page, commands(*case)) for page, (_, name, case) in zip(found, made, strict=True)}
    assert judged == {name: expected for expected, name, _ in made}


def parted(whole: bytes) -> list[tuple[int, Any]]:
    """Take values apart, down to the last."""
    found = []
    while whole:
        size, start = whole[1], 2
        if size & 128:
            start += size & 127
            size = int.from_bytes(whole[2:start])
        body, tag = whole[start : start + size], whole[0]
        found.append((tag, parted(body) if tag & 32 else body))
        whole = whole[start + size :]
    return found


def otherwise(values: list[tuple[int, Any]]) -> Iterator[bytes]:
    """The same values, one of them at a time in another spelling, away, empty, twice, with something more or in another form."""
    whole = [der(tag, body if isinstance(body, bytes) else b"".join(joined(body))) for tag, body in values]
    for at, (tag, body) in enumerate(values):
        before, after = b"".join(whole[:at]), b"".join(whole[at + 1 :])
        inner = body if isinstance(body, bytes) else b"".join(joined(body))
        size = len(inner).to_bytes(4)
        ways = [
            bytes([tag, 0x84]) + size + inner,
            b"",
            der(tag),
            whole[at] * 2,
            der(tag, b"\0", inner),
            b"\5\0",
            der(tag ^ 32, inner),
        ]
        if tag & 32:
            ways += [der(tag, inner, b"\5\0"), bytes([tag, 0x80]) + inner + b"\0\0"]
            ways += [der(tag, one) for one in otherwise(body)]
        yield from (before + one + after for one in ways)


def joined(values: list[tuple[int, Any]]) -> list[bytes]:
    return [der(tag, body if isinstance(body, bytes) else b"".join(joined(body))) for tag, body in values]


def spoilt(dice: random.Random, whole: bytes) -> bytes:
    at = dice.randrange(len(whole))
    match dice.randrange(4):
        case 0:
            return whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1 :]
        case 1:
            return whole[:at] + dice.randbytes(1) + whole[at + 1 :]
        case 2:
            return whole[:at] + whole[at + dice.choice([1, 2, 8]) :]
        case _:
            return whole[:at] + dice.randbytes(dice.choice([1, 2, 4])) + whole[at:]


def test_the_page_believes_nothing_spoilt_that_the_command_line_does_not() -> None:
    """Every field of a stamp in nine other ways, and changes drawn by lot; to refuse more is no fault, and hardly ever happens."""
    dice = random.Random("stamps")
    asked = []
    for kind, more in (("p256", b""), ("2048", der(0x30, integer(1)) + b"\1\1\xff" + integer(9))):
        whole, roots = plain(kind, more=more)
        assert joined(parted(whole)) == [whole]
        asked += [(one, roots) for one in otherwise(parted(whole)) if one != whole]
        asked += [(spoilt(dice, whole), roots) for _ in range(300)]

    found = [who(page, commands(*case)) for page, case in zip(pages(asked), asked, strict=True)]

    assert found.count("page") == 0, [one for (one, _), told in zip(asked, found, strict=True) if told == "page"][:3]
    assert found.count("neither") > 0.8 * len(asked)
    assert found.count("command") < 0.02 * len(asked)
