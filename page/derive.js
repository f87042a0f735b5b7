/**
 * Everything that follows from a dossier's secret: seeds, object roots, the dossier root, the announcement.
 * docs/spec/dossier.md, "Derivations". The last two are secrets as well.
 */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 as hash } from "@noble/hashes/sha2.js";
import { concat, u32, utf8 } from "./bytes.js";
import { sha256 } from "./hash.js";

const ABSENT = new Uint8Array(32);

/** K(label, i). @param {Uint8Array} secret @param {string} label @param {number} [number] @returns {Uint8Array} */
const derive = (secret, label, number = 0) =>
  hkdf(hash, secret, undefined, concat(utf8(`tamizdat/v1/${label}\0`), u32(number)), 32);

/** The key of a dossier's part tags (docs/spec/part.md, "Tag"). @param {Uint8Array} fileKey @returns {Uint8Array} */
export const partTagKey = (fileKey) => hkdf(hash, fileKey, undefined, utf8("tamizdat/v1/part-tag"), 32);

/** @param {...Uint8Array} parts RFC 6962, 2.1 */
const leaf = (...parts) => sha256(concat(new Uint8Array([0]), ...parts));
/** @param {Uint8Array} left @param {Uint8Array} right */
const node = (left, right) => sha256(concat(new Uint8Array([1]), left, right));
/** @param {Uint8Array} seed @param {number} branch */
const step = (seed, branch) => sha256(concat(utf8("tmz-ggm1"), new Uint8Array([branch]), seed));
/** @param {string} tag @param {Uint8Array} [value] */
const slot = (tag, value = ABSENT) => leaf(utf8(tag), value);

/** The object root R of payload *number*, from 0. @param {Uint8Array} secret @param {number} number @param {Uint8Array} digest */
export function objectRoot(secret, number, digest) {
  const seed = derive(secret, "object", number);
  const whole = leaf(step(step(seed, 1), 0), digest);
  return node(node(slot("hdr"), slot("til")), node(slot("met"), slot("fil", whole)));
}

/** The announcement A. @param {Uint8Array} secret @param {Uint8Array} listing objects.json @param {Uint8Array[]} roots */
export function announcement(secret, listing, roots) {
  const tree = merkle(roots.map((root) => leaf(root)));
  const dossier = sha256(concat(utf8("tamizdat-dossier-v1\n"), derive(secret, "dossier"), sha256(listing), tree));
  return sha256(concat(utf8("tamizdat-announce-v1\n"), derive(secret, "announce"), dossier));
}

/** The tree of RFC 6962, level by level: a last one without a neighbour goes up as it is. @param {Uint8Array[]} leaves */
function merkle(leaves) {
  let level = leaves;
  while (level.length > 1) {
    const above = [];
    for (let at = 0; at < level.length; at += 2) above.push(at + 1 < level.length ? node(level[at], level[at + 1]) : level[at]);
    level = above;
  }
  return level[0] ?? sha256(new Uint8Array());
}
