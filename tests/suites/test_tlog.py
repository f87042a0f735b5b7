"""Other people's logs and proofs: Tessera's own test log byte for byte, transparency-dev's probes, the standard's examples."""

from __future__ import annotations

import base64
import json

from tamizdat.adapters.memory import Memory
from tamizdat.primitives import merkle, note
from tamizdat.primitives.errors import TrustError
from tamizdat.record import checkpoint, log, tiles
from tests import tools
from tests.record.logs import begun


TESSERA = "suites/record/tessera-testlog/testdata/log"
VKEY = note.read_verifier("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")


def test_transparency_dev_s_probes_all_agree() -> None:
    """Every inclusion and consistency probe, the three of size1 = 0 included (we refuse them too: docs/spec/entry.md)."""
    seen = 0
    for folder in ("suites/record/transparency-dev-merkle/testdata", "suites/tlog-merkle-proofs"):
        for path in sorted(tools.inputs(folder).glob("*/*/*.json")):
            kind, probe = path.parts[-3], json.loads(path.read_text())
            if kind not in {"inclusion", "consistency"}:
                continue
            seen += 1
            proof = [base64.b64decode(step) for step in probe["proof"] or ()]
            try:
                if kind == "inclusion":
                    leaf, root = base64.b64decode(probe["leafHash"]), base64.b64decode(probe["root"])
                    merkle.verify_inclusion(leaf, probe["leafIdx"], probe["treeSize"], proof, root)
                else:
                    old, new = base64.b64decode(probe["root1"]), base64.b64decode(probe["root2"])
                    merkle.verify_consistency(probe["size1"], old, probe["size2"], new, proof)
                refused = False
            except TrustError:
                refused = True
            assert refused == probe["wantErr"], path
    assert seen >= 184


def test_tessera_s_log_is_read_and_whole_at_every_size() -> None:
    """Signature, root, entries, tiles; and each size continues the one before."""
    store = tessera()
    readers = [log.read_log(store, VKEY, raw=store.values[f"checkpoint.{size}"]) for size in range(16)]

    for size, reader in enumerate(readers):
        assert reader.size == size
        assert reader.check_all() == []
        if size > 1:
            proof = readers[15].consistency(size - 1, size)
            merkle.verify_consistency(size - 1, readers[size - 1].root, size, reader.root, proof)
    assert list(readers[3].entries()) == [b"one", b"two", b"three"]


def test_our_writer_makes_tessera_s_log_byte_for_byte() -> None:
    """Fed its entries one by one: the same tiles, the same bundles, the same text of every checkpoint."""
    theirs, ours = tessera(), Memory()
    entries = list(log.read_log(theirs, VKEY).entries())
    writer = begun(ours, note.Signer(name=VKEY.name, seed=bytes(32)))

    for size in range(len(entries) + 1):
        if size:
            writer.append(entries[size - 1 : size])
        text = checkpoint.write_text(writer.reader().head)
        assert text == note.read(theirs.values[f"checkpoint.{size}"]).text

    names = {name for name in theirs.values if tiles.read_name(name)}
    assert len(names) == 30
    assert {name: ours.values[name] for name in ours.values if name != "checkpoint"} == {
        name: theirs.values[name] for name in names
    }


def test_the_standard_s_own_example_verifies() -> None:
    """c2sp.org/signed-note, "Example"; and the poem at its head reads as a note."""
    standard = tools.inputs("suites/record/c2sp-examples/signed-note.md").read_text()
    words = "This is an example message.\n\n— example.com/foo "
    example = standard[standard.index(words) :].split("```")[0].encode()
    key = note.read_verifier("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    poem = standard[standard.index("Ognuno") :].split("```")[0].encode()

    assert note.verify(example, key).text == "This is an example message.\n"
    assert note.write(note.read(poem)) == poem
    assert note.read(poem).text.count("\n") == 4


def tessera() -> Memory:
    folder = tools.inputs(TESSERA)
    store = Memory()
    store.values = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return store
