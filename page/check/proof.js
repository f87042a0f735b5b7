/** The proof that travels beside a redacted picture, read strictly; NOT checked here against a picture. docs/spec/redaction.md, "Proof". */
import { latin } from "../bytes.js";
import { Flaw } from "../flaw.js";

export const TILE = 32;
export const MAX_TILES = 1 << 18;
const MAX_LENGTH = 64 << 20;
const HEAD = 50;
const ITEM = 12;

/**
 * @typedef {{kind: number, fill: number, width: number, height: number, left: number, top: number, runs: number[],
 *   seeds: Uint8Array[], hashes: Uint8Array[], depth: number, items: import("./items.js").Item[], itemSeeds: Uint8Array[],
 *   itemHashes: Uint8Array[], metadata: Uint8Array, file: Uint8Array}} Proof
 */

/** @param {Uint8Array} raw @returns {Proof} */
export function read(raw) {
  if (latin(raw.subarray(0, 4)) !== "TJP1") throw flaw("redaction-magic", "the proof does not begin with TJP1");
  if (raw.length < HEAD || raw.length > MAX_LENGTH) throw flaw("redaction-length", `a proof of ${raw.length} bytes cannot be`);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  const [width, height, left, top, runs, seeds, hashes] = [9, 13, 17, 21, 25, 29, 33].map((at) => view.getUint32(at));
  const [items, itemSeeds, itemHashes] = [38, 42, 46].map((at) => view.getUint32(at));
  const source = new Source(raw, 50);
  const proof = {
    kind: raw[4], fill: view.getInt16(7), width, height, left, top,
    runs: readRuns(source.take(runs)), seeds: source.hashes(seeds), hashes: source.hashes(hashes),
    depth: raw[37], items: source.items(items), itemSeeds: source.hashes(itemSeeds), itemHashes: source.hashes(itemHashes),
    metadata: source.take(items ? 0 : 32), file: source.take(32),
  }; // prettier-ignore
  if (source.at !== raw.length) throw flaw("redaction-length", `${raw.length - source.at} bytes follow the proof`);
  if (view.getUint16(5) !== TILE) throw flaw("redaction-value", "tiles of that size are not known");
  check(proof);
  return proof;
}

/** @param {Proof} proof */
function check(proof) {
  const { kind, fill, width, height, left, top, depth, items } = proof;
  const [least, most] = kind === 1 ? [-1024, 1023] : [0, 0];
  if (![1, 2].includes(kind) || fill < least || fill > most) throw flaw("redaction-value", `a proof of kind ${kind} with the fill ${fill} is not known`);
  if (width < 1 || height < 1 || width > 65535 || height > 65535) throw flaw("redaction-value", `an original of ${width} x ${height} pixels cannot be`);
  if (Math.ceil(width / TILE) * Math.ceil(height / TILE) > MAX_TILES) throw flaw("redaction-value", `an original of ${width} x ${height} pixels has too many tiles`);
  if (left % TILE || top % TILE || left >= width || top >= height) throw flaw("redaction-value", `no part of the original begins at ${left}, ${top}`);
  const possible = items.length ? [8, 12].includes(depth) : depth === 0 && !proof.itemSeeds.length && !proof.itemHashes.length;
  if (!possible) throw flaw("redaction-value", `${items.length} items in a tree of depth ${depth} cannot be`);
  items.forEach(({ place }, number) => {
    const rising = !number || items[number - 1].place < place;
    if (!rising || place >> depth) throw flaw("redaction-value", "the items stand out of order or out of their tree");
  });
  if (new Set(items.map(({ path }) => path)).size !== items.length) throw flaw("redaction-value", "two items have one path");
}

/** How many tiles are shown, then hidden, then shown and so on: seven bits a byte, the lowest first. @param {Uint8Array} raw @returns {number[]} */
function readRuns(raw) {
  const runs = [];
  let [run, at, total] = [0, 0, 0];
  for (const byte of raw) {
    run |= (byte & 127) << at;
    at += 7;
    if (byte & 128) {
      if (at > 14) throw flaw("redaction-value", "a run is longer than any picture");
      continue;
    }
    total += run;
    // Only the first may be empty, and each is written as short as can be: there is one proof for one choice.
    if ((!run && runs.length) || (!byte && at > 7) || total > MAX_TILES) throw flaw("redaction-value", `a run of ${run} tiles cannot stand here`);
    runs.push(run);
    [run, at] = [0, 0];
  }
  if (at || !runs.length) throw flaw("redaction-value", "the last run is missing or breaks off");
  return runs;
}

/** Takes a proof apart; no count in it costs more than its bytes do. */
class Source {
  /** @param {Uint8Array} raw @param {number} at */
  constructor(raw, at) {
    this.raw = raw;
    this.at = at;
  }

  /** @param {number} count @returns {Uint8Array} */
  take(count) {
    if (count > this.raw.length - this.at) throw flaw("redaction-length", "the proof breaks off");
    this.at += count;
    return this.raw.subarray(this.at - count, this.at);
  }

  /** @param {number} count @returns {Uint8Array[]} */
  hashes(count) {
    const joined = this.take(count * 32);
    return Array.from({ length: count }, (_, number) => joined.subarray(32 * number, 32 * number + 32));
  }

  /** @param {number} count @returns {import("./items.js").Item[]} */
  items(count) {
    if (count * ITEM > this.raw.length - this.at) throw flaw("redaction-length", "the proof breaks off");
    return Array.from({ length: count }, () => this.item());
  }

  item() {
    const head = this.take(ITEM);
    const view = new DataView(head.buffer, head.byteOffset, ITEM);
    const path = latin(this.take(this.take(1)[0]));
    if (!/^[\x20-\x7e]*$/.test(path)) throw flaw("redaction-value", "an item's path is not plain letters");
    return { place: view.getUint16(0), path, type: view.getUint16(6), count: view.getUint32(8), raw: this.take(view.getUint32(2)) };
  }
}

/** @param {string} code @param {string} what */
const flaw = (code, what) => new Flaw(code, what, "Get the proof anew from the newsroom or from a mirror.");
