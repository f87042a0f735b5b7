/**
 * The public record of a newsroom as it stood at one checkpoint: single entries that are proven, and the whole of it computed
 * anew from its entries up, with every fault laid at one file's door. docs/spec/entry.md; the same as record/recheck.py.
 *
 * Memory is flat in the size of the log. What an entry says is not known here (entries.js).
 */
import { equal } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { verifyConsistency } from "./merkle.js";
import { MAX_NOTE, verifyCheckpoint } from "./signednote.js";
import * as tiles from "./tiles.js";

/** @typedef {import("./tiles.js").Tile} Tile */
/** @typedef {import("./tiles.js").Read} Read */
/** @typedef {import("./signednote.js").Checkpoint} Checkpoint */
/** What is wrong with one file; *gone* where it is missing or misshapen. @typedef {{code: string, where: string, gone: boolean}} Fault */
/** What a tile may be, and the faults where another version proves to be the right one. @typedef {{hashes: Uint8Array[], faults: Fault[]}} Version */

export const CHECKPOINT = "checkpoint";

export class LogReader {
  /** @param {Read} read @param {Uint8Array} raw @param {Checkpoint} head */
  constructor(read, raw, head) {
    this.read = read;
    this.raw = raw;
    this.head = head;
    this.tiles = new tiles.Tiles(read, head.size, head.root);
  }

  /** One entry, proven; a Flaw where what holds it is missing or altered. @param {bigint} index below the size */
  async entry(index) {
    return (await this.bundle(index / BigInt(tiles.WIDTH)))[Number(index % BigInt(tiles.WIDTH))];
  }

  /** The entries from *start* on, oldest first, each proven. @param {bigint} start */
  async *entries(start) {
    for (let index = start; index < this.head.size; ) {
      const found = (await this.bundle(index / BigInt(tiles.WIDTH))).slice(Number(index % BigInt(tiles.WIDTH)));
      yield* found;
      index += BigInt(found.length);
    }
  }

  /** The entries that lie in one file, proven. @param {bigint} number */
  async bundle(number) {
    const place = tiles.tileAt(-1, number, this.head.size);
    let found;
    try {
      found = await tiles.loadBundle(this.read, place);
    } catch (error) {
      if (!(error instanceof Flaw)) throw error;
    }
    if (!found) throw new Flaw("log-entries", `${tiles.nameOf(place)} is missing, or was altered`);
    const known = await this.tiles.tile(0, number);
    if (!same(tiles.leafHashes(found), known)) throw new Flaw("log-entries", `${tiles.nameOf(place)} was altered`);
    return found;
  }

  /** Whether this log continues an older (or equal) one; a Flaw where too little of this one is here to tell. @param {LogReader} old */
  async continues(old) {
    if (old.head.size === 0n) return true;
    const path = await this.tiles.consistency(old.head.size);
    try {
      verifyConsistency(old.head.size, old.head.root, this.head.size, this.head.root, path);
    } catch {
      return false;
    }
    return true;
  }

  /**
   * Read every file of the log, compute everything anew, and report every fault.
   * @param {Iterable<string>} names all names that are "tile" or lie below it
   * @param {(entries: Uint8Array[]) => void} [take] gets all entries in their order, before it is known whether they are right
   */
  async checkAll(names, take = () => {}) {
    const check = new Recheck(this.read, this.head, take);
    for (let index = 0n; index * BigInt(tiles.WIDTH) < this.head.size; index++) await check.bundle(tiles.tileAt(-1, index, this.head.size));
    await check.edge();
    await check.olderForms(names);
    return check.faults;
  }
}

/** Read a log at its checkpoint; a Flaw where there is none, or it is not signed or not of that origin. @param {Read} read @param {import("./signednote.js").Key} key @param {string} [origin] */
export async function readLog(read, key, origin) {
  const raw = await read(CHECKPOINT, MAX_NOTE);
  if (!raw) throw new Flaw("log-missing", "there is no log: its file “checkpoint” is missing");
  return new LogReader(read, raw, verifyCheckpoint(raw, [key], origin));
}

class Recheck {
  /** @param {Read} read @param {Checkpoint} head @param {(entries: Uint8Array[]) => void} take */
  constructor(read, head, take) {
    /** @type {Fault[]} */
    this.faults = [];
    this.read = read;
    this.head = head;
    this.take = take;
    // For each level, the versions of the children of the tile under way, and of its partial tile.
    const rows = Array.from({ length: tiles.levels(head.size) });
    /** @type {Version[][][]} */
    this.children = rows.map(() => []);
    /** @type {Version[][]} */
    this.partial = rows.map(() => [{ hashes: [], faults: [] }]);
  }

  /** Check one bundle against its tile, and whatever tiles above are complete with it. @param {Tile} place */
  async bundle(place) {
    let computed = null;
    try {
      const entries = await tiles.loadBundle(this.read, place);
      if (entries) {
        computed = tiles.leafHashes(entries);
        this.take(entries);
      } else {
        this.say("log-entries", place, true);
      }
    } catch (error) {
      if (!(error instanceof Flaw)) throw error;
      this.say("log-entries", place);
    }
    const tile = tiles.tileAt(0, place.index, this.head.size);
    await this.settle(tile, versions(tile, await this.stored(tile), computed, [fault("log-entries", place)]));
  }

  /** Check the partial tiles of all levels against the root. */
  async edge() {
    for (let level = 1; level < this.children.length; level++) {
      const tile = tiles.tileAt(level, tiles.edgeIndex(level, this.head.size), this.head.size);
      if (tile.width) await this.parent(tile);
    }
    const chosen = choices(this.partial).find((one) => equal(tiles.edgeRoot(one.map(({ hashes }) => hashes)), this.head.root));
    if (!chosen) this.say("log-root", CHECKPOINT);
    for (const version of this.partial.flat()) if (!chosen?.includes(version)) this.faults.push(...version.faults);
  }

  /** Check the partial tiles and bundles of older checkpoints against the present ones; name what is neither. @param {Iterable<string>} names */
  async olderForms(names) {
    // By a form that is itself altered, no older one can be judged.
    const faulty = new Set(this.faults.map(({ where }) => where));
    for (const name of names) {
      const tile = tiles.readName(name);
      if (!tile) {
        this.say("log-stray", name);
        continue;
      }
      const now = tiles.tileAt(tile.level, tile.index, this.head.size);
      if (tiles.endOf(tile) > this.head.size || tile.width === now.width || faulty.has(tiles.nameOf(now))) continue;
      const [older, newer] = [await this.content(tile), await this.content(now)];
      if (!older || (newer && !equal(newer.subarray(0, older.length), older))) this.say("log-older", tile);
    }
  }

  /** Check the tile whose children are all settled. @param {Tile} tile */
  async parent(tile) {
    const stored = await this.stored(tile);
    const children = this.children[tile.level];
    /** @type {Uint8Array[] | null} */
    let computed = [];
    /** @type {Fault[]} */
    const below = [];
    children.forEach((found, number) => {
      const known = stored ? stored[number] : null;
      const right = found.filter(({ hashes }) => known && equal(tiles.rootOf(hashes), known));
      if (found.length > 1) for (const one of found) if (!right.includes(one)) this.faults.push(...one.faults);
      let value = known;
      if (!right.length && !(known && !found.length)) {
        value = found.length ? tiles.rootOf(found[0].hashes) : null;
        below.push(fault("log-tile", { level: tile.level - 1, index: tile.index * BigInt(tiles.WIDTH) + BigInt(number), width: tiles.WIDTH }));
      }
      if (!value) computed = null;
      else computed?.push(value);
    });
    this.children[tile.level] = [];
    await this.settle(tile, versions(tile, stored, computed, below));
  }

  /** @param {Tile} tile @param {Version[]} found */
  async settle(tile, found) {
    if (tile.width < tiles.WIDTH) {
      this.partial[tile.level] = found;
      return;
    }
    const above = tile.level + 1;
    this.children[above].push(found);
    if (this.children[above].length === tiles.WIDTH) await this.parent({ level: above, index: tile.index / BigInt(tiles.WIDTH), width: tiles.WIDTH });
  }

  /** @param {Tile} tile */
  async stored(tile) {
    const raw = await tiles.load(this.read, tile);
    if (!raw) this.say("log-tile", tile, true);
    return raw && tiles.hashes(raw);
  }

  /** @param {Tile} tile @returns {Promise<Uint8Array | null>} */
  async content(tile) {
    if (tile.level >= 0) return tiles.load(this.read, tile);
    try {
      const entries = await tiles.loadBundle(this.read, tile);
      return entries && tiles.writeBundle(entries);
    } catch (error) {
      if (error instanceof Flaw) return null;
      throw error;
    }
  }

  /** @param {string} code @param {Tile | string} where @param {boolean} [gone] */
  say(code, where, gone = false) {
    this.faults.push(fault(code, where, gone));
  }
}

/** @param {Tile} tile @param {Uint8Array[] | null} stored @param {Uint8Array[] | null} computed @param {Fault[]} below @returns {Version[]} */
function versions(tile, stored, computed, below) {
  if (stored && computed && !same(stored, computed)) {
    return [{ hashes: computed, faults: below }, { hashes: stored, faults: [fault("log-tile", tile)] }];
  }
  const hashes = stored ?? computed;
  return hashes ? [{ hashes, faults: [] }] : [];
}

/** Every way to choose one of each. @template T @param {T[][]} lists @returns {T[][]} */
const choices = (lists) => lists.reduce((ways, list) => ways.flatMap((way) => list.map((one) => [...way, one])), /** @type {T[][]} */ ([[]]));

/** @param {Uint8Array[]} left @param {Uint8Array[]} right */
const same = (left, right) => left.length === right.length && left.every((hash, at) => equal(hash, right[at]));

/** @param {string} code @param {Tile | string} where @param {boolean} [gone] @returns {Fault} */
const fault = (code, where, gone = false) => ({ code, where: typeof where === "string" ? where : tiles.nameOf(where), gone });
