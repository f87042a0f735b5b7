"""Write the vectors of docs/spec/log.md."""

from __future__ import annotations

import sys

from pathlib import Path

from tamizdat.primitives import merkle, note
from tamizdat.primitives.note import Cosigner
from tamizdat.record import checkpoint, evidence, policy, witness
from tamizdat.record.checkpoint import Checkpoint


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vectors
from tools.vectors import anchors


LOG = note.Signer(name="news.example/record", seed=b"\x01" * 32)
OLD = Cosigner(name="other.example/w", kind=note.COSIGNATURE, seed=b"\x02" * 32).verifier
NEW = Cosigner(name="other.example/w", kind=note.MLDSA44, seed=b"\x03" * 32).verifier


def main() -> None:
    """Write all vectors."""
    rules = policy.one_of([LOG.verifier], [OLD, NEW], 2)
    vectors.write("log", "policy-whole", "whole", "one witness with both kinds of key", rules)
    vectors.write("log", "policy-none", "whole", "nobody has to sign", b"# nobody\nquorum none\n")
    vectors.write("log", "policy-torn", "policy", "the last newline is gone", rules[:-1])
    vectors.write("log", "policy-quorum", "policy", "no quorum line", rules[: rules.rindex(b"quorum")])
    vectors.write("log", "policy-count", "policy", "three of two members", rules.replace(b"outside 2", b"outside 3"))
    vectors.write("log", "policy-return", "policy", "lines end as in DOS", rules.replace(b"\n", b"\r\n"))
    heads = [checkpoint.sign(Checkpoint(origin=LOG.name, size=2, root=bytes([byte]) * 32), LOG) for byte in (1, 2)]
    first = checkpoint.sign(Checkpoint(origin=LOG.name, size=0, root=merkle.EMPTY), LOG)
    request = witness.write_request(witness.Request(old=1, proof=(b"\x07" * 32,), raw=heads[0]))
    vectors.write("log", "request-whole", "whole", "from one entry to two", request)
    vectors.write(
        "log", "request-zero", "witness-request", "a zero before the size", request.replace(b"old 1", b"old 01")
    )
    vectors.write("log", "request-blank", "witness-request", "no empty line", request.replace(b"\n\n", b"\n"))
    vectors.write("log", "request-hash", "witness-request", "a hash of 31 bytes", request.replace(b"Bwc=", b"Bw=="))
    vectors.write("log", "evidence-whole", "whole", "two states of one size", evidence.write(*heads))
    vectors.write("log", "evidence-sizes", "whole", "two sizes: no proof by itself", evidence.write(heads[0], first))
    vectors.write("log", "evidence-one", "evidence", "one checkpoint", heads[0])
    write_anchors()
    write_headers()
    vectors.write("log", "stamp-text", "stamp", "words in place of DER", b"not a time stamp\n")
    vectors.write("log", "stamp-refused", "stamp", "the authority refuses (status 2)", bytes.fromhex("30053003020102"))


def write_anchors() -> None:
    """Write the vectors of the anchors."""
    made, whole = anchors, anchors.block(anchors.COINBASE)
    promised = made.proof(b"", made.pending())
    strange = made.attest(b"\x01\x02\x03\x04\x05\x06\x07\x08", b"who knows")
    near = made.attest(made.BITCOIN, made.varint(1 << 32))
    for name, expect, comment, raw in (
        ("block", "whole", "the first transaction of Bitcoin, in its first block", whole),
        ("pending", "whole", "a calendar's promise", made.proof(made.COINBASE, made.pending())),
        ("unknown", "whole", "an attestation that nobody knows", made.proof(made.COINBASE, strange)),
        ("magic", "anchor", "the first bytes are others", b"\x01" + whole[1:]),
        ("version", "anchor", "version 2", made.proof(made.COINBASE, made.pending(), b"\x02")),
        ("torn", "anchor", "the last byte is missing", whole[:-1]),
        ("more", "anchor", "a byte after the end", whole + b"\n"),
        ("operation", "anchor", "an operation that nobody knows", made.proof(b"", b"\x99" + made.pending())),
        (
            "address",
            "anchor",
            "a calendar's address with a letter that may not stand there",
            made.proof(b"", made.pending("https://a.example/?b")),
        ),
        ("number", "anchor", "a number of 5,000 bytes", made.proof(b"", b"", b"\x81" * 5000 + b"\x00")),
        ("height", "anchor", "block 4,294,967,296", made.proof(b"", near)),
        ("deep", "anchor", "300 operations one after the other", made.proof(b"", b"\x08" * 300 + made.pending())),
        (
            "hexadecimal",
            "anchor",
            "each operation doubles what is there",
            made.proof(b"", b"\xf3" * 12 + made.pending()),
        ),
        (
            "append",
            "anchor",
            "more is appended than may be there",
            made.proof(b"", b"\xf0" + made.varint(4090) + bytes(4090) + made.pending()),
        ),
        ("forks", "anchor", "it never ends: forks alone", made.proof(b"", b"\xff" * 1000)),
        ("long", "anchor", "longer than 16 KiB", promised + bytes(17_000)),
    ):
        vectors.write("log", f"anchor-{name}", expect, comment, raw)


def write_headers() -> None:
    """Write the vectors of the headers of blocks."""
    made, whole = anchors, anchors.GENESIS.hex().encode() + b"\nfrom blocks.example\n"
    for name, expect, comment, raw in (
        ("whole", "whole", "the first block's", whole),
        ("bytes", "whole", "the 80 bytes alone", made.GENESIS),
        ("short", "anchor-header", "a digit is missing", whole[1:]),
        ("capitals", "anchor-header", "capitals", whole.upper()),
        ("nobody", "anchor-header", "from nobody", whole.replace(b"blocks.example", b"")),
        ("work", "anchor-header", "another number at its end: its hash shows no work", made.GENESIS[:-1] + b"\x00"),
        ("target", "anchor-header", "it claims no work at all", made.GENESIS[:72] + bytes(8)),
    ):
        vectors.write("log", f"header-{name}", expect, comment, raw)


if __name__ == "__main__":
    main()
