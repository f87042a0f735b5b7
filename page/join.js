/**
 * Joining: from any k parts, damaged or not, back to the ciphertext. It does NOT decrypt, and trusts nobody.
 * docs/spec/part.md, "Reading". Written apart from the Python, so that each is a judge of the other.
 *
 * HOLE: a part forged on purpose, its checks valid, is believed here; age then refuses the bytes.
 */
import { equal, hex } from "./bytes.js";
import { multiply, recovery } from "./erasure.js";
import { Flaw } from "./flaw.js";
import * as part from "./part.js";

/** @typedef {{name: string, size: number, read(at: number, count: number): Promise<Uint8Array>}} Source */
/** @typedef {{source: number, at: number, index: number, row: number}} Place of a whole block */
/**
 * The packets of one part in one source.
 * @typedef {{source: number, shape: part.Shape, volume: number, index: number, whole: number, places: Place[],
 *   totals: Set<number>, rows: Set<number>, ends: [number, number][]}} Group
 */

const WINDOW = 1 << 20;
const MAX_CLAIMS = 8;
const MAX_GROUPS = 65_536;
const PATIENCE = 4; // bytes hashed in vain, as a multiple of the source's length, before the search grows coarse
const COARSE = 4096;

/**
 * Find every whole packet of a source, wherever it stands.
 * @param {Source} source @param {number} number @param {import("./hash.js").Hasher} check @returns {Promise<Group[]>}
 */
export async function scan(source, number, check) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  let [at, base, wasted] = [0, 0, 0];
  let window = await source.read(0, Math.min(WINDOW, source.size));
  while (at + part.HEADER <= source.size) {
    const room = base + window.length - at;
    if (room < part.PACKETS[part.PACKETS.length - 1] && base + window.length < source.size) {
      base = at;
      window = await source.read(base, Math.min(WINDOW, source.size - base));
      if (!window.length) break;
    }
    const raw = window.subarray(at - base);
    if (equal(raw.subarray(0, 4), part.MAGIC)) {
      const size = take(groups, raw, at, number, check);
      if (size > 0) {
        at += size;
        continue;
      }
      wasted -= size;
    }
    at += wasted <= PATIENCE * source.size ? 1 : COARSE;
    // Go on to the next letter T, or to where the next window must be read.
    const next = window.indexOf(part.MAGIC[0], at - base);
    at = next >= 0 ? base + next : Math.max(at, base + window.length);
  }
  return [...groups.values()];
}

/**
 * Enter the packet that *raw* begins with: its length; or, negative, how much was hashed for nothing.
 * @param {Map<string, Group>} groups @param {Uint8Array} raw @param {number} at @param {number} source
 * @param {import("./hash.js").Hasher} check
 */
function take(groups, raw, at, source, check) {
  let packet;
  try {
    packet = part.readPacket(raw.subarray(0, part.readHead(raw.subarray(0, part.HEADER)).shape.packet), check);
  } catch (error) {
    if (error instanceof Flaw) return error.code === "part-check" ? -(2 ** raw[7]) : -part.HEADER;
    throw error;
  }
  const { header, layout } = packet;
  const key = `${shapeKey(header.shape)} ${header.volume} ${header.index}`;
  let group = groups.get(key);
  if (!group) {
    if (groups.size >= MAX_GROUPS) return header.shape.packet;
    const { shape, volume, index } = header;
    group = { source, shape, volume, index, whole: 0, places: [], totals: new Set(), rows: new Set(), ends: [] };
    groups.set(key, group);
  }
  group.whole++;
  if (layout) {
    claim(group.rows, layout.volumeRows ?? 0);
    if (layout.total !== null) claim(group.totals, layout.total);
  } else {
    group.places.push({ source, at, index: header.index, row: header.row });
    if (header.endOfSet) {
      if (group.ends.length < MAX_CLAIMS) group.ends.push([header.row, header.used]);
    } else if (header.endOfVolume) claim(group.rows, header.row + 1);
  }
  return header.shape.packet;
}

/** @param {Set<number>} claims @param {number} value */
const claim = (claims, value) => void (claims.size < MAX_CLAIMS && claims.add(value));

/** @param {part.Shape} shape */
const shapeKey = (shape) => `${hex(shape.setId)} ${shape.need} ${shape.packet} ${shape.tagged}`;

export class Joiner {
  /** @param {Source[]} sources @param {import("./hash.js").Hasher} check */
  constructor(sources, check) {
    this._sources = sources;
    this._check = check;
  }

  /**
   * Read all sources once and say what they are good for: `more` parts to bring; none is enough.
   * @returns {Promise<{setId: string, need: number, total: number | null, more: number, parts: number[]}>}
   */
  async survey() {
    /** @type {Group[][]} */
    const scans = [];
    for (const [number, source] of this._sources.entries()) scans.push(await scan(source, number, this._check));
    const groups = this._choose(scans);
    this.shape = groups[0].shape;
    this._volumeRows = most(groups.flatMap((group) => [...group.rows].map((value) => [group.index, value]))) || null;
    this.total = most(groups.flatMap((group) => totals(group, this._volumeRows).map((value) => [group.index, value])));
    /** @type {Map<number, Map<number, Place[]>>} */
    this._volumes = new Map();
    for (const group of groups) {
      const rows = this._volumes.get(group.volume) ?? new Map();
      this._volumes.set(group.volume, rows);
      for (const place of group.places) rows.set(place.row, [...(rows.get(place.row) ?? []), place]);
    }
    const parts = [...new Set(groups.map((group) => group.index + 1))].sort((one, two) => one - two);
    return { setId: hex(this.shape.setId), need: this.shape.need, total: this.total, more: this._more(), parts };
  }

  /** Give the ciphertext row by row. @returns {AsyncGenerator<Uint8Array>} */
  async *rows() {
    const found = await this.survey();
    if (found.more) {
      throw new Flaw(
        "carry-short",
        `${found.more} more of the parts are needed: any ${found.need} are enough, and here is of part ${found.parts}`,
        `Bring ${found.more} more, other than these; damaged ones may do.`,
      );
    }
    const length = part.rowLength(this.shape);
    for (let row = 0, left = this.total ?? 0; left > 0; row++, left -= length) {
      yield (await this._decode(row)).subarray(0, Math.min(left, length));
    }
  }

  /** The packets of the one set that is meant, of the one shape that most of them have. @param {Group[][]} scans */
  _choose(scans) {
    /** @type {Map<string, string[]>} */
    const files = new Map();
    scans.forEach((groups, number) => {
      const main = heaviest(groups, (group) => hex(group.shape.setId));
      if (main) files.set(main, [...(files.get(main) ?? []), this._sources[number].name]);
    });
    if (!files.size) throw new Flaw("carry-none", "none of these files holds a whole packet of a part", "Look for the files again.");
    if (files.size > 1) {
      const named = [...files.values()].map((names) => names.join(", ")).join("; ");
      throw new Flaw("carry-mixed", `these parts come from ${files.size} different dossiers: ${named}`, "Join each by itself.");
    }
    const [setId] = files.keys();
    const mine = scans.flat().filter((group) => hex(group.shape.setId) === setId);
    const shape = heaviest(mine, (group) => shapeKey(group.shape));
    return mine.filter((group) => shapeKey(group.shape) === shape);
  }

  /** How many more whole parts the volume that lacks most needs. */
  _more() {
    const { need } = this.shape;
    if (this.total === null) return need;
    const rows = Math.max(1, Math.ceil(this.total / part.rowLength(this.shape)));
    const each = this._volumeRows ?? rows;
    let more = 0;
    for (let volume = 0; volume * each < rows; volume++) {
      const found = this._volumes.get(volume);
      if (!found) return need;
      for (let row = 0; row < Math.min(each, rows - volume * each); row++) {
        more = Math.max(more, need - new Set((found.get(row) ?? []).map((place) => place.index)).size);
      }
    }
    return more;
  }

  /** @param {number} row of all volumes together @returns {Promise<Uint8Array>} */
  async _decode(row) {
    const { need } = this.shape;
    const each = this._volumeRows ?? Infinity;
    const volume = Math.floor(row / each);
    const inside = volume ? row - volume * each : row;
    const places = [...(this._volumes.get(volume)?.get(inside) ?? [])].sort((one, two) => one.index - two.index);
    const payload = part.payloadLength(this.shape);
    const out = new Uint8Array(need * payload);
    /** @type {Map<number, Uint8Array>} */
    const blocks = new Map();
    for (const place of places) {
      if (blocks.size === need) break;
      if (blocks.has(place.index)) continue;
      const raw = await this._sources[place.source].read(place.at, this.shape.packet);
      const packet = readAgain(raw, this._check);
      const same = packet && sameRow(packet.header, this.shape, volume, inside, place.index);
      if (same) blocks.set(place.index, packet.payload);
    }
    if (blocks.size < need) {
      throw new Flaw("carry-short", `row ${inside} of volume ${volume + 1} could be read before, and now it cannot`);
    }
    const target = (/** @type {number} */ index) => out.subarray(index * payload, (index + 1) * payload);
    const missing = [];
    for (let index = 0; index < need; index++) {
      const block = blocks.get(index);
      if (block) target(index).set(block);
      else missing.push(index);
    }
    if (missing.length) {
      const present = [...blocks.keys()];
      multiply(recovery(need, present, missing), [...blocks.values()], missing.map(target));
    }
    return out;
  }
}

/** @param {Uint8Array} raw @param {import("./hash.js").Hasher} check @returns {part.Packet | null} */
function readAgain(raw, check) {
  try {
    return part.readPacket(raw, check);
  } catch {
    return null;
  }
}

/** @param {part.Header} header @param {part.Shape} shape @param {number} volume @param {number} row @param {number} index */
const sameRow = (header, shape, volume, row, index) =>
  part.sameShape(header.shape, shape) &&
  header.kind === part.BLOCK &&
  header.volume === volume &&
  header.row === row &&
  header.index === index;

/** The lengths a part claims; a false one is outvoted. @param {Group} group @param {number | null} rows */
function totals(group, rows) {
  const row = part.rowLength(group.shape);
  const known = group.volume === 0 || rows;
  const ends = known ? group.ends.map(([at, used]) => (group.volume * (rows ?? 0) + at) * row + used) : [];
  return [...group.totals, ...ends];
}

/**
 * The value most parts claim, each part counted once a value; the smallest where two have as many.
 * @param {number[][]} claims @returns {number | null}
 */
function most(claims) {
  /** @type {Map<number, Set<number>>} */
  const votes = new Map();
  for (const [index, value] of claims) votes.set(value, (votes.get(value) ?? new Set()).add(index));
  const ranked = [...votes].sort(([one, ones], [two, twos]) => twos.size - ones.size || one - two);
  return ranked.length ? ranked[0][0] : null;
}

/** @param {Group[]} groups @param {(group: Group) => string} key @returns {string | null} what most packets say */
function heaviest(groups, key) {
  /** @type {Map<string, number>} */
  const votes = new Map();
  for (const group of groups) votes.set(key(group), (votes.get(key(group)) ?? 0) + group.whole);
  return [...votes].reduce((/** @type {[string, number] | null} */ best, one) => (best && best[1] >= one[1] ? best : one), null)?.[0] ?? null;
}
