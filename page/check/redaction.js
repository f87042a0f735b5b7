/**
 * Check a redacted picture against its proof and the root of its original: these parts are unchanged, those are blank.
 *
 * It does NOT prove that a scene was real, when the commitment was made, or anything of what is hidden. docs/spec/redaction.md, "Verifying".
 */
import { equal, latin, utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { write } from "./items.js";
import { Jpeg } from "./jpeg.js";
import { leaf, node } from "./merkle.js";
import * as png from "./png.js";
import { TILE, read as readProof } from "./proof.js";
import { Branches, full, grid } from "./tree.js";

/** Sizes and places in pixels as stored, before the orientation turns them; *hidden* has one flag a tile. @typedef {{width: number, height: number,
 *   original: [number, number], left: number, top: number, tiles: number, hidden: Uint8Array, items: import("./items.js").Item[], fill: number, credentials: number}} Verdict */
/** @typedef {Jpeg | Awaited<ReturnType<typeof png.read>>} Tiled */

/** Anybody's bytes, so not without end. */
const MAX_CREDENTIALS = 16 << 20;

/** @param {Uint8Array} raw @returns {Promise<Tiled>} */
export async function readPicture(raw) {
  if (equal(raw.subarray(0, 8), png.SIGNATURE)) return png.read(raw);
  if (latin(raw.subarray(0, 3)) === "\xff\xd8\xff") return new Jpeg(raw);
  throw new Flaw("redact-kind", "the file is neither a JPEG nor a PNG", "Only the file as a whole can be proven, no part of it.");
}

/**
 * @param {Uint8Array} raw @param {Uint8Array} proofFile @param {Uint8Array} root 32 bytes
 * @param {(share: number) => void} [progress] from 0 to 1 @returns {Promise<Verdict>}
 */
export const verify = async (raw, proofFile, root, progress = () => {}) => {
  const picture = await readPicture(raw);
  progress(0.2);
  return check(picture, readProof(proofFile), root, (share) => progress(0.2 + 0.8 * share));
};

/** @param {Tiled} picture @param {import("./proof.js").Proof} proof @param {Uint8Array} root @param {(share: number) => void} progress @returns {Verdict} */
function check(picture, proof, root, progress) {
  if (proof.kind !== picture.kind) throw refuse("redaction-kind", "the proof is for another kind of file than this picture");
  if (picture.trailer) throw refuse("redaction-trailer", `${picture.trailer} bytes follow the end of the picture`);
  // Nothing in the file may say anything else than the proof: another date, another turn, other colours.
  const strange = picture.strange(proof.items);
  if (strange) throw refuse("redaction-segment", `the file holds a part ${strange} otherwise than the proof shows it`);
  if (picture.credentials > MAX_CREDENTIALS) throw refuse("redaction-segment", `${picture.credentials} bytes of content credentials are more than may stand in it`);
  checkPart(proof.left, picture.width, proof.width);
  checkPart(proof.top, picture.height, proof.height);
  const hidden = checkBlank(picture, proof);
  const slots = [
    slot("hdr", picture.header(proof.width, proof.height)),
    slot("til", tilesRoot(picture, proof, hidden, progress)),
    proof.items.length ? slot("met", itemsRoot(picture, proof)) : proof.metadata,
    proof.file,
  ];
  const reached = node(node(slots[0], slots[1]), node(slots[2], slots[3]));
  if (!equal(reached, root)) throw refuse("redaction-root", "the picture and its proof do not lead to the root that was committed to");
  return {
    width: picture.width, height: picture.height, original: [proof.width, proof.height], left: proof.left, top: proof.top,
    tiles: hidden.length, hidden, items: proof.items, fill: proof.fill,
    credentials: picture.credentials,
  }; // prettier-ignore
}

/** @param {number} begin @param {number} length @param {number} edge */
function checkPart(begin, length, edge) {
  if (begin + length !== edge && (length % TILE || begin + length > edge)) {
    throw refuse("redaction-crop", `${length} pixels from ${begin} on are no whole tiles of the original's ${edge}`);
  }
}

/** @param {Tiled} picture @param {import("./proof.js").Proof} proof @returns {Uint8Array} for each tile whether it is hidden */
function checkBlank(picture, proof) {
  const count = Math.ceil(picture.width / TILE) * Math.ceil(picture.height / TILE);
  const told = proof.runs.reduce((sum, run) => sum + run, 0);
  if (told !== count) throw refuse("redaction-count", `the proof speaks of ${told} tiles, the picture has ${count}`);
  const hidden = new Uint8Array(count);
  let at = 0;
  proof.runs.forEach((run, number) => hidden.fill(number % 2, at, (at += run)));
  hidden.forEach((flag, number) => {
    if (flag && !picture.blank(number, proof.fill)) throw refuse("redaction-hidden", "something stands in a part that the proof says is blank");
  });
  return hidden;
}

/** @param {Tiled} picture @param {import("./proof.js").Proof} proof @param {Uint8Array} hidden @param {(share: number) => void} progress */
function tilesRoot(picture, proof, hidden, progress) {
  const across = Math.ceil(proof.width / TILE);
  const inner = Math.ceil(picture.width / TILE);
  const lines = Math.ceil(picture.height / TILE);
  /** The tile of the picture that a tile of the original is, or -1. @param {number} place */
  const own = (place) => {
    const [x, y] = [(place % across) - proof.left / TILE, Math.floor(place / across) - proof.top / TILE];
    return x >= 0 && x < inner && y >= 0 && y < lines ? y * inner + x : -1;
  };
  let done = 0;
  const branches = new Branches(
    grid(across, Math.ceil(proof.height / TILE)),
    (salt, place) => {
      if (++done % 512 === 0) progress(done / hidden.length);
      return picture.leaf(salt, own(place));
    },
    picture.machine,
  );
  return branches.root((place) => (own(place) < 0 ? 1 : hidden[own(place)]), proof.seeds, proof.hashes);
}

/** @param {Tiled} picture @param {import("./proof.js").Proof} proof */
function itemsRoot(picture, proof) {
  const at = new Map(proof.items.map((item) => [item.place, item]));
  /** @type {import("./tree.js").Leaf} */
  const content = (salt, place) => leaf(salt, write(/** @type {import("./items.js").Item} */ (at.get(place))));
  const branches = new Branches(full(proof.depth), content, picture.machine);
  return branches.root((place) => (at.has(place) ? 0 : 1), proof.itemSeeds, proof.itemHashes);
}

/** @param {string} tag @param {Uint8Array} value */
const slot = (tag, value) => leaf(utf8(tag), value);

/** @param {string} code @param {string} what */
const refuse = (code, what) => new Flaw(code, what, "Do not believe the picture; get it and its proof anew from the newsroom.");
