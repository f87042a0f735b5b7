/**
 * Salted Merkle trees whose salts grow from seeds: the reader's side. docs/spec/redaction.md, "Tree".
 *
 * It is NOT tied to pictures: a leaf's hash comes from a function of its salt and of the number of what it holds.
 */
import { utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";

/** @typedef {{hash: (...parts: Uint8Array[]) => Uint8Array}} Hashing */
/** @typedef {(salt: Uint8Array, number: number) => Uint8Array} Leaf */
/** A tree of 2^depth leaves; *places* says what each holds, -1 for nothing (PAD). @typedef {{depth: number, places: Int32Array, held: Int32Array[]}} Shape */

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);
const STEPS = [0, 1].map((branch) => new Uint8Array([...utf8("tmz-ggm1"), branch]));

/** How many bits a number needs. @param {number} value */
const bits = (value) => 32 - Math.clz32(value);

/** A grid of tiles so that neighbours share branches (Morton order). @param {number} across @param {number} down @returns {Shape} */
export function grid(across, down) {
  const [xBits, yBits] = [bits(across - 1), bits(down - 1)];
  const places = new Int32Array(1 << (xBits + yBits));
  for (let leaf = 0; leaf < places.length; leaf++) {
    let [x, y, bit] = [0, 0, 0];
    for (let turn = 0; turn < Math.max(xBits, yBits); turn++) {
      if (turn < xBits) x |= ((leaf >> bit++) & 1) << turn;
      if (turn < yBits) y |= ((leaf >> bit++) & 1) << turn;
    }
    places[leaf] = x < across && y < down ? y * across + x : -1;
  }
  return shape(xBits + yBits, places);
}

/** Every leaf holds something. @param {number} depth @returns {Shape} */
export const full = (depth) => shape(depth, Int32Array.from({ length: 1 << depth }, (_, place) => place));

/** So many things in their order. @param {number} count @returns {Shape} */
export function line(count) {
  const depth = bits(count - 1);
  return shape(depth, Int32Array.from({ length: 1 << depth }, (_, place) => (place < count ? place : -1)));
}

/** @param {number} depth @param {Int32Array} places @returns {Shape} */
const shape = (depth, places) => ({ depth, places, held: counts(depth, (leaf) => (places[leaf] >= 0 ? 1 : 0)) });

/** For each level from the root how many leaves under each branch are set. @param {number} depth @param {(leaf: number) => number} set */
function counts(depth, set) {
  const rows = [Int32Array.from({ length: 1 << depth }, (_, leaf) => set(leaf))];
  for (let level = depth; level > 0; level--) {
    const below = rows[0];
    rows.unshift(Int32Array.from({ length: below.length / 2 }, (_, index) => below[2 * index] + below[2 * index + 1]));
  }
  return rows;
}

/** Hashes of branches, from their seed and the hash of their leaves. */
export class Branches {
  /** @param {Shape} shape @param {Leaf} leaf @param {Hashing} hashing */
  constructor(shape, leaf, hashing) {
    this.shape = shape;
    this.leaf = leaf;
    this.hashing = hashing;
    this.pads = [hashing.hash(LEAF)];
  }

  /** The hash of a branch of 2^height leaves of PAD. @param {number} height @returns {Uint8Array} */
  pad(height) {
    while (this.pads.length <= height) {
      const last = this.pads[this.pads.length - 1];
      this.pads.push(this.node(last, last));
    }
    return this.pads[height];
  }

  /** @param {Uint8Array} left @param {Uint8Array} right @returns {Uint8Array} */
  node(left, right) {
    return this.hashing.hash(NODE, left, right);
  }

  /** G(s, b) of docs/spec/dossier.md. @param {Uint8Array} seed @param {number} branch @returns {Uint8Array} */
  step(seed, branch) {
    return this.hashing.hash(STEPS[branch], seed);
  }

  /** The hash of one branch that is shown; *seed* is its own. @param {Uint8Array} seed @param {number} level @param {number} index @returns {Uint8Array} */
  shown(seed, level, index) {
    const { depth, places, held } = this.shape;
    if (!held[level][index]) return this.pad(depth - level);
    if (level === depth) return this.leaf(seed, places[index]);
    const half = (/** @type {number} */ side) => {
      const child = 2 * index + side;
      return held[level + 1][child] ? this.shown(this.step(seed, side), level + 1, child) : this.pad(depth - level - 1);
    };
    return this.node(half(0), half(1));
  }

  /**
   * Walk the tree as the prover did; every seed and every hash must find its place, and none be missing.
   * @param {(number: number) => number} state of what a leaf holds: 0 shown, 1 hidden, 2 shown in part
   * @param {Uint8Array[]} seeds @param {Uint8Array[]} hashes
   * @param {(number: number, seeds: Iterator<Uint8Array>, hashes: Iterator<Uint8Array>) => Uint8Array} [part] the hash of one that is shown in part
   * @param {(number: number) => [number, number]} [partNeeds] how many seeds and hashes it takes
   * @returns {Uint8Array} the root
   */
  root(state, seeds, hashes, part, partNeeds) {
    const { depth, places, held } = this.shape;
    const states = Int8Array.from(places, (number) => (number < 0 ? -1 : state(number)));
    const gone = counts(depth, (leaf) => (states[leaf] === 1 ? 1 : 0));
    const mixed = part ? counts(depth, (leaf) => (states[leaf] === 2 ? 1 : 0)) : null;
    /** @type {(level: number, index: number) => "none" | "part" | "seed" | "hash" | "enter"} */
    const stop = (level, index) => {
      const [count, lost] = [held[level][index], gone[level][index]];
      if (!count) return "none";
      if (mixed?.[level][index]) return level === depth ? "part" : "enter";
      return lost === 0 ? "seed" : lost === count ? "hash" : "enter";
    };
    this.count(stop, seeds, hashes, partNeeds);
    const [nextSeed, nextHash] = [seeds[Symbol.iterator](), hashes[Symbol.iterator]()];
    /** @type {(level: number, index: number) => Uint8Array} */
    const reach = (level, index) => {
      const kind = stop(level, index);
      if (kind === "none") return this.pad(depth - level);
      if (kind === "seed") return this.shown(nextSeed.next().value, level, index);
      if (kind === "hash") return nextHash.next().value;
      if (kind === "part") return /** @type {NonNullable<typeof part>} */ (part)(places[index], nextSeed, nextHash);
      return this.node(reach(level + 1, 2 * index), reach(level + 1, 2 * index + 1));
    };
    return reach(0, 0);
  }

  /** @param {(level: number, index: number) => string} stop @param {Uint8Array[]} seeds @param {Uint8Array[]} hashes @param {(number: number) => [number, number]} [partNeeds] */
  count(stop, seeds, hashes, partNeeds) {
    const wanted = { seed: 0, hash: 0 };
    const waiting = [[0, 0]];
    while (waiting.length) {
      const [level, index] = /** @type {number[]} */ (waiting.pop());
      const kind = stop(level, index);
      if (kind === "enter") waiting.push([level + 1, 2 * index + 1], [level + 1, 2 * index]);
      else if (kind === "seed" || kind === "hash") wanted[kind] += 1;
      else if (kind === "part" && partNeeds) {
        const [more, others] = partNeeds(this.shape.places[index]);
        wanted.seed += more;
        wanted.hash += others;
      }
    }
    if (seeds.length !== wanted.seed || hashes.length !== wanted.hash) {
      throw new Flaw("redaction-count", `the proof has ${seeds.length} seeds, ${hashes.length} hashes; it needs ${wanted.seed}, ${wanted.hash}`);
    }
  }
}

