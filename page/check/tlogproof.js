/** Proofs that an entry is on a log, as c2sp.org/tlog-proof has them, and where a leaf stands in its batch. Who must have signed is not known here. */
import { concat, latin } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { leaf, verifyInclusion } from "./merkle.js";
import { readCheckpoint, readNote, verifyCheckpoint } from "./signednote.js";
import { decimal, unbase64 } from "./text.js";

const SPEC = "c2sp.org/tlog-proof@v1";
const MAX_LENGTH = 2 << 20;
const MAX_PATH = 63;
const DEPTH = 16;

/** @typedef {{index: bigint, path: Uint8Array[], checkpoint: Uint8Array, extra: Uint8Array}} LogProof */

/** Read a proof; nothing is verified. @param {Uint8Array} raw @returns {LogProof} */
export function readLogProof(raw) {
  if (raw.length > MAX_LENGTH) throw flaw("it is too long");
  const text = latin(raw);
  const parted = text.indexOf("\n\n");
  const [magic, ...lines] = text.slice(0, parted < 0 ? text.length : parted).split("\n");
  if (magic !== SPEC) throw flaw(`it does not begin with ${SPEC}`);
  const checkpoint = parted < 0 ? new Uint8Array() : raw.subarray(parted + 2);
  let extra, index, path;
  try {
    extra = lines[0]?.startsWith("extra ") ? unbase64(/** @type {string} */ (lines.shift()).slice(6)) : null;
    if (extra?.length === 0 || !lines[0]?.startsWith("index ")) throw new Error("the number of its entry is missing, or an empty extra line stands there");
    index = decimal(lines[0].slice(6));
    path = lines.slice(1).map((line) => unbase64(line, 32));
  } catch (error) {
    throw flaw(/** @type {Error} */ (error).message);
  }
  readCheckpoint(readNote(checkpoint).text);
  if (index >= (1n << 63n) - 1n || path.length > MAX_PATH) throw flaw("its entry's number or its path is too long");
  return { index, path, checkpoint, extra: extra ?? new Uint8Array() };
}

/** Check that an entry is on the log *key*, whose name is its origin. @param {LogProof} proof @param {Uint8Array} entry @param {import("./signednote.js").Key} key */
export function verifyLogProof(proof, entry, key) {
  const head = verifyCheckpoint(proof.checkpoint, [key], key.name);
  verifyInclusion(leaf(entry), proof.index, head.size, proof.path, head.root);
  return head;
}

/** @typedef {{position: bigint, path: Uint8Array[]}} Placement */

/** @param {Uint8Array} raw @returns {Placement} */
export function readPlacement(raw) {
  if (raw.length !== 2 + 32 * DEPTH) throw new Flaw("placement", "it is not the path of a leaf in a batch", "Get the proof anew from the newsroom.");
  return { position: BigInt(raw[0] * 256 + raw[1]), path: Array.from({ length: DEPTH }, (_, step) => raw.subarray(2 + 32 * step, 34 + 32 * step)) };
}

/** Check that a value stands in the batch with this root. @param {Uint8Array} nonce @param {Uint8Array} value @param {Placement} placement @param {Uint8Array} root */
export const verifyPlacement = (nonce, value, placement, root) => verifyInclusion(leaf(concat(nonce, value)), placement.position, 1n << BigInt(DEPTH), placement.path, root);

/** @param {string} what */
const flaw = (what) => new Flaw("proof", what, "Get the proof anew from the newsroom or a mirror.");
