/**
 * Tiles: a log's entries and hashes as a finite set of files (c2sp.org/tlog-tiles): names, bundles, and a reader that
 * believes no tile before it has been checked up to the root. It opens nothing itself (record.js does).
 *
 * Sizes and indices are BigInt: whoever signs for 2^63-1 entries must not make us count wrong.
 */
import { concat, equal } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { EMPTY, leaf, node } from "./merkle.js";

/** Which tile: *width* hashes of *level* from number index * 256 on; level -1 stands for a bundle of entries. @typedef {{level: number, index: bigint, width: number}} Tile */
/** Gives a file of the log by its name, at most one byte more than the limit; null where there is none. @typedef {(name: string, limit: number) => Promise<Uint8Array | null>} Read */

export const WIDTH = 256;
const WIDE = BigInt(WIDTH);
const HASH = 32;
const MAX_TILE = WIDTH * HASH;
const MAX_BUNDLE = WIDTH * (2 + 65_535);
const CACHED = 64;
const NAME = /^tile\/(entries|0|[1-9]|[1-5][0-9]|6[0-3])\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** @param {Tile} tile the name of its full form; its partial forms lie in the folder of that name and ".p" */
export function folder({ level, index }) {
  const digits = String(index).replace(/^/, "00");
  const groups = (digits.slice(digits.length % 3).match(/.{3}/g) ?? []).map((group, place, all) => (place < all.length - 1 ? `x${group}` : group));
  return `tile/${level < 0 ? "entries" : level}/${groups.join("/")}`;
}

/** @param {Tile} tile @returns {string} its name in the log */
export const nameOf = (tile) => (tile.width === WIDTH ? folder(tile) : `${folder(tile)}.p/${tile.width}`);

/** How many entries a log has at least that has this tile. @param {Tile} tile */
export const endOf = ({ level, index, width }) => (index * WIDE + BigInt(width)) << BigInt(8 * Math.max(level, 0));

/** @param {string} name @returns {Tile | null} null where it is no tile's name, or is not spelled the one way */
export function readName(name) {
  const match = NAME.exec(name);
  if (!match) return null;
  const tile = {
    level: match[1] === "entries" ? -1 : Number(match[1]),
    index: BigInt(match[2].replace(/[x/]/g, "")),
    width: match[3] ? Number(match[3]) : WIDTH,
  };
  return nameOf(tile) === name ? tile : null;
}

/** How many levels of tiles a log has. @param {bigint} size */
export const levels = (size) => (size ? (size.toString(2).length + 7) >> 3 : 0);

/** The tile in the widest form that a log of *size* entries has. @param {number} level @param {bigint} index @param {bigint} size @returns {Tile} */
export function tileAt(level, index, size) {
  const count = size >> BigInt(8 * Math.max(level, 0));
  return { level, index, width: index < count / WIDE ? WIDTH : Number(count % WIDE) };
}

/** The number of the partial tile of a level. @param {number} level @param {bigint} size */
export const edgeIndex = (level, size) => size >> BigInt(8 * (level + 1));

/** @param {Uint8Array[]} row @returns {Uint8Array} the root over hashes of leaves (RFC 6962, 2.1) */
export function rootOf(row) {
  while (row.length > 1) {
    const above = [];
    for (let at = 0; at + 1 < row.length; at += 2) above.push(node(row[at], row[at + 1]));
    // An odd one out rises unchanged: the same tree as "the largest power of two smaller than n".
    if (row.length % 2) above.push(row[row.length - 1]);
    row = above;
  }
  return row.length ? row[0] : EMPTY;
}

/** Join whole subtrees of falling size, left to right. @param {Uint8Array[]} subtrees */
export const joinRight = (subtrees) => (subtrees.length ? subtrees.reduceRight((joined, subtree) => node(subtree, joined)) : EMPTY);

/** A log's root from the hashes of its partial tiles, lowest level first. @param {Uint8Array[][]} edge */
export function edgeRoot(edge) {
  const subtrees = [];
  for (const row of edge) {
    for (let end = row.length; end; ) {
      const start = end & (end - 1);
      subtrees.push(rootOf(row.slice(start, end)));
      end = start;
    }
  }
  return joinRight(subtrees.reverse());
}

/** @param {Uint8Array} raw @returns {Uint8Array[]} */
export const hashes = (raw) => Array.from({ length: Math.ceil(raw.length / HASH) }, (_, at) => raw.subarray(HASH * at, HASH * at + HASH));

/** @param {Uint8Array[]} entries */
export const leafHashes = (entries) => entries.map((entry) => leaf(entry));

/** @param {Uint8Array[]} entries */
export const writeBundle = (entries) => concat(...entries.flatMap((entry) => [new Uint8Array([entry.length >> 8, entry.length]), entry]));

/** The first *width* entries of a bundle that has as many or more. @param {Uint8Array} raw @param {number} width @returns {Uint8Array[]} */
export function readBundle(raw, width) {
  const entries = [];
  for (let at = 0; at < raw.length; ) {
    const end = at + 2 + ((raw[at] << 8) | (raw[at + 1] ?? 0));
    if (raw.length - at < 2 || end > raw.length) throw bundle("its last entry is cut off");
    entries.push(raw.subarray(at + 2, end));
    at = end;
  }
  if (entries.length < width || entries.length > WIDTH) throw bundle(`it holds ${entries.length} entries, not ${width}`);
  return entries.slice(0, width);
}

/** A tile, or as much of the full one where its partial form is gone; null where it is missing or misshapen. @param {Read} read @param {Tile} tile */
export async function load(read, tile) {
  const length = tile.width * HASH;
  const raw = await read(nameOf(tile), MAX_TILE);
  if (raw) return raw.length === length ? raw : null;
  const full = await read(folder(tile), MAX_TILE);
  return full?.length === MAX_TILE ? full.subarray(0, length) : null;
}

/** A bundle's entries, or as many of the full one; null where there is neither. @param {Read} read @param {Tile} tile */
export async function loadBundle(read, tile) {
  const raw = await read(nameOf(tile), MAX_BUNDLE);
  if (raw) {
    const entries = readBundle(raw, tile.width);
    if (entries.reduce((sum, entry) => sum + 2 + entry.length, 0) !== raw.length) throw bundle(`it holds more than ${tile.width} entries`);
    return entries;
  }
  const full = await read(folder(tile), MAX_BUNDLE);
  return full ? readBundle(full, tile.width) : null;
}

/** The hashes of a log, each believed only when it leads to its root: a full tile by the tile above, the partial ones (together) by the root. */
export class Tiles {
  /** @param {Read} read @param {bigint} size @param {Uint8Array} root */
  constructor(read, size, root) {
    this.read = read;
    this.size = size;
    this.root = root;
    /** @type {Uint8Array[][] | null} */
    this.rows = null;
    /** @type {Map<string, Uint8Array[]>} */
    this.cache = new Map();
  }

  /** The hashes of the partial tiles, one row a level. */
  async edge() {
    if (this.rows) return this.rows;
    const rows = [];
    for (let level = 0; level < levels(this.size); level++) rows.push(await this.load(level, edgeIndex(level, this.size)));
    if (!equal(edgeRoot(rows), this.root)) throw altered("the last tiles do not lead to the root of the checkpoint");
    return (this.rows = rows);
  }

  /** @param {number} level @param {bigint} index @returns {Promise<Uint8Array[]>} */
  async tile(level, index) {
    if (index === edgeIndex(level, this.size)) return (await this.edge())[level];
    const key = `${level}/${index}`;
    const known = this.cache.get(key);
    if (known) return known;
    const found = await this.load(level, index);
    const above = (await this.tile(level + 1, index / WIDE))[Number(index % WIDE)];
    if (!equal(rootOf(found), above)) throw altered(`${nameOf(tileAt(level, index, this.size))} does not lead to the tile above it`);
    this.cache.set(key, found);
    if (this.cache.size > CACHED) this.cache.delete(/** @type {string} */ (this.cache.keys().next().value));
    return found;
  }

  /** The hash over the leaves from index << level to (index + 1) << level. @param {number} level @param {bigint} index */
  async hash(level, index) {
    const rest = level % 8;
    const start = index << BigInt(rest);
    const found = await this.tile((level - rest) / 8, start / WIDE);
    const at = Number(start % WIDE);
    return rootOf(found.slice(at, at + (1 << rest)));
  }

  /** The proof that this log continues its own first *old* entries (RFC 6962, 2.1.2); 1 <= old <= size. @param {bigint} old */
  async consistency(old) {
    const path = [];
    let [start, end, known] = [0n, this.size, true];
    while (end !== old) {
      const middle = start + (1n << BigInt((end - start - 1n).toString(2).length - 1));
      if (old <= middle) {
        path.push(await this.range(middle, end));
        end = middle;
      } else {
        path.push(await this.range(start, middle));
        [start, known] = [middle, false];
      }
    }
    if (!known) path.push(await this.range(start, end));
    return path.reverse();
  }

  /** @param {bigint} start @param {bigint} end */
  async range(start, end) {
    const whole = [];
    while (start < end) {
      const level = (end - start).toString(2).length - 1;
      whole.push(await this.hash(level, start >> BigInt(level)));
      start += 1n << BigInt(level);
    }
    return joinRight(whole);
  }

  /** @param {number} level @param {bigint} index @returns {Promise<Uint8Array[]>} */
  async load(level, index) {
    const tile = tileAt(level, index, this.size);
    if (!tile.width) return [];
    const raw = await load(this.read, tile);
    if (!raw) throw altered(`${nameOf(tile)} is missing, or not of its length`);
    return hashes(raw);
  }
}

const MEND = "Get the log anew from the newsroom or another mirror, and keep this copy: it is evidence.";
/** @param {string} what */
const bundle = (what) => new Flaw("log-bundle", what, MEND);
/** @param {string} what */
const altered = (what) => new Flaw("log-tile", what, MEND);
