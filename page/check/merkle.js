/** Merkle trees as RFC 6962, section 2.1 has them: leaves, nodes, the checks of paths. Sizes and indices are BigInt: a log may have 2^63-1 entries. */
import { concat, equal } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { sha256 } from "../hash.js";

const ZERO = new Uint8Array([0]);
const ONE = new Uint8Array([1]);
export const EMPTY = sha256(new Uint8Array());

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export const leaf = (...parts) => sha256(concat(ZERO, ...parts));

/** @param {Uint8Array} left @param {Uint8Array} right @returns {Uint8Array} */
export const node = (left, right) => sha256(concat(ONE, left, right));

/**
 * Check that *leafHash* is leaf *index* of the tree of *size* leaves with the root *expected* (RFC 9162, 2.1.3.2).
 * @param {Uint8Array} leafHash @param {bigint} index @param {bigint} size @param {Uint8Array[]} path @param {Uint8Array} expected
 */
export function verifyInclusion(leafHash, index, size, path, expected) {
  if (index < 0n || index >= size || ![leafHash, ...path].every((one) => one.length === 32)) {
    throw flaw("merkle-inclusion", `no path can show leaf ${index} in a tree of ${size}`);
  }
  let [at, last, reached] = [index, size - 1n, leafHash];
  for (const step of path) {
    if (last === 0n) throw flaw("merkle-inclusion", `the path for leaf ${index} of ${size} is too long`);
    if (at & 1n || at === last) {
      reached = node(step, reached);
      while (!(at & 1n) && at) [at, last] = [at >> 1n, last >> 1n];
    } else {
      reached = node(reached, step);
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  if (last !== 0n || !equal(reached, expected)) throw flaw("merkle-inclusion", `the path for leaf ${index} of ${size} does not lead to the root`);
}

/**
 * Check that the tree *newRoot* of *size* leaves continues the tree *oldRoot* (RFC 9162, 2.1.4.2). An old size of 0 is refused.
 * @param {bigint} oldSize @param {Uint8Array} oldRoot @param {bigint} size @param {Uint8Array} newRoot @param {Uint8Array[]} path
 */
export function verifyConsistency(oldSize, oldRoot, size, newRoot, path) {
  if (oldSize < 1n || oldSize > size || !path.every((one) => one.length === 32)) throw flaw("merkle-consistency", `no proof can lead from ${oldSize} to ${size} leaves`);
  if (oldSize === size) {
    if (path.length || !equal(oldRoot, newRoot)) throw flaw("merkle-consistency", `two different roots stand for ${size} leaves`);
    return;
  }
  const steps = oldSize & (oldSize - 1n) ? path : [oldRoot, ...path];
  if (!steps.length) throw flaw("merkle-consistency", `the proof from ${oldSize} to ${size} leaves is empty`);
  let [at, last] = [oldSize - 1n, size - 1n];
  while (at & 1n) [at, last] = [at >> 1n, last >> 1n];
  let [was, now] = [steps[0], steps[0]];
  for (const step of steps.slice(1)) {
    if (last === 0n) throw flaw("merkle-consistency", `the proof from ${oldSize} to ${size} leaves is too long`);
    if (at & 1n || at === last) {
      [was, now] = [node(step, was), node(step, now)];
      while (!(at & 1n) && at) [at, last] = [at >> 1n, last >> 1n];
    } else {
      now = node(now, step);
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  if (last !== 0n || !equal(was, oldRoot) || !equal(now, newRoot)) {
    throw flaw("merkle-consistency", `the tree of ${size} leaves does not continue the tree of ${oldSize}`);
  }
}

/** @param {string} code @param {string} what */
const flaw = (code, what) => new Flaw(code, what, "Get the proof anew from another mirror; if it fails again, do not believe it.");
