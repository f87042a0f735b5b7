/**
 * Salted Merkle trees whose salts grow from seeds: the reader's side. docs/spec/redaction.md, "Tree".
 *
 * It is NOT tied to pictures: a leaf's hash comes from a function of its salt and of the number of what it holds.
 */
import { utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";

/** @typedef {{hash: (...parts: Uint8Array[]) => Uint8Array}} Hashing */
/** @typedef {(salt: Uint8Array, number: number) => Uint8Array} Leaf */
/** @typedef {(level: number, index: number) => "none" | "part" | "seed" | "hash" | "enter"} Walk */
/** What is shown in part, by its number: how many seeds and hashes it takes, and its hash. @typedef {{needs: (number: number) => [number, number],
 *   hash: (number: number, seeds: Iterator<Uint8Array>, hashes: Iterator<Uint8Array>) => Uint8Array}} Part */
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
   * @param {Uint8Array[]} seeds @param {Uint8Array[]} hashes @param {Part} [part] @returns {Uint8Array} the root
   */
  root(state, seeds, hashes, part) {
    const walk = this.walk(state);
    const [wanted, others] = this.needs(walk, part);
    if (seeds.length !== wanted || hashes.length !== others) {
      throw new Flaw("redaction-count", `the proof has ${seeds.length} seeds, ${hashes.length} hashes; it needs ${wanted}, ${others}`);
    }
    return this.reach(walk, seeds.values(), hashes.values(), part);
  }

  /** Where the walk stops at each branch. @param {(number: number) => number} state @returns {Walk} */
  walk(state) {
    const { depth, places, held } = this.shape;
    const states = Int8Array.from(places, (number) => (number < 0 ? -1 : state(number)));
    const [gone, mixed] = [1, 2].map((one) => (states.includes(one) ? counts(depth, (leaf) => (states[leaf] === one ? 1 : 0)) : null));
    return (level, index) => {
      const [count, lost] = [held[level][index], gone?.[level][index] ?? 0];
      if (!count) return "none";
      if (mixed?.[level][index]) return level === depth ? "part" : "enter";
      return lost === 0 ? "seed" : lost === count ? "hash" : "enter";
    };
  }

  /** How many seeds and hashes the walk takes. @param {Walk} walk @param {Part} [part] @returns {[number, number]} */
  needs(walk, part) {
    let [seeds, hashes] = [0, 0];
    const waiting = [[0, 0]];
    while (waiting.length) {
      const [level, index] = /** @type {number[]} */ (waiting.pop());
      const kind = walk(level, index);
      if (kind === "enter") waiting.push([level + 1, 2 * index + 1], [level + 1, 2 * index]);
      const [more, others] = kind === "part" && part ? part.needs(this.shape.places[index]) : [Number(kind === "seed"), Number(kind === "hash")];
      seeds += more;
      hashes += others;
    }
    return [seeds, hashes];
  }

  /** @param {Walk} walk @param {Iterator<Uint8Array>} seeds as many as it needs @param {Iterator<Uint8Array>} hashes @param {Part} [part] @returns {Uint8Array} the root */
  reach(walk, seeds, hashes, part) {
    /** @type {(level: number, index: number) => Uint8Array} */
    const hash = (level, index) => {
      const kind = walk(level, index);
      if (kind === "none") return this.pad(this.shape.depth - level);
      if (kind === "seed") return this.shown(seeds.next().value, level, index);
      if (kind === "hash") return hashes.next().value;
      if (kind === "part" && part) return part.hash(this.shape.places[index], seeds, hashes);
      return this.node(hash(level + 1, 2 * index), hash(level + 1, 2 * index + 1));
    };
    return hash(0, 0);
  }
}
