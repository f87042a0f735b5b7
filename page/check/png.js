/**
 * A PNG as a grid of tiles of pixels, read as strictly as it was committed to. docs/spec/redaction.md, "PNG".
 *
 * Sections named here are those of the PNG specification. Every check sum is checked; nothing is repaired.
 */
import { concat, equal, latin, readU32, u32, utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { ORIENTATION, u16, writeOrientation } from "./items.js";
import { Machine } from "./machine.js";
import { MAX_TILES, TILE } from "./proof.js";

export const SIGNATURE = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MAX_BYTES = 384 << 20;
/** Channels and depths of each colour type (11.2.2). @type {Record<number, [number, number[]]>} */
const KINDS = { 0: [1, [1, 2, 4, 8, 16]], 2: [3, [8, 16]], 3: [1, [1, 2, 4, 8]], 4: [2, [8, 16]], 6: [4, [8, 16]] };
const NEEDED = ["PLTE", "tRNS"];
const COLOURS = ["cICP", "iCCP", "sRGB", "gAMA", "cHRM"];

/** @typedef {{kind: string, data: Uint8Array}} Chunk */
/** @typedef {{width: number, height: number, ihdr: Uint8Array, bits: number, row: number, needed: Chunk[]}} Head */

/** @param {Uint8Array} raw @returns {Promise<Png>} */
export async function read(raw) {
  const { chunks, end } = cut(raw);
  const head = header(chunks);
  const data = chunks.filter(({ kind }) => kind === "IDAT").map((chunk) => chunk.data);
  const others = chunks.filter((one) => !["IHDR", "IDAT", "IEND"].includes(one.kind) && !head.needed.some((other) => same(one, other)));
  const late = chunks.slice(chunks.findIndex(({ kind }) => kind === "IDAT"));
  return new Png(head, unfilter(head, await unpack(concat(...data), head.height * (head.row + 1))), others, late, raw.length - end);
}

class Png {
  kind = 2;

  /** @param {Head} head @param {{machine: Machine, address: number}} rows @param {Chunk[]} chunks @param {Chunk[]} late what follows the pixels @param {number} trailer */
  constructor(head, rows, chunks, late, trailer) {
    this.head = head;
    [this.width, this.height] = [head.width, head.height];
    this.machine = rows.machine;
    this.rows = rows.address;
    this.chunks = chunks;
    this.late = late;
    this.trailer = trailer;
    // A tile and what stands before it while it is hashed: 0x00 and a salt.
    this.tileRow = 4 * head.bits;
    this.room = this.machine.alloc(33 + TILE * this.tileRow);
  }

  /** The header as it is hashed, for a picture of that size. @param {number} width @param {number} height @returns {Uint8Array} */
  header(width, height) {
    const needed = this.head.needed.map(({ kind, data }) => concat(u32(data.length), utf8(kind), data));
    return concat(utf8("TPC1"), new Uint8Array([1]), u16(TILE), u32(width), u32(height), this.head.ihdr.subarray(8), ...needed);
  }

  /** Put a tile together, with zeros for what lies beyond the picture. @param {number} number @returns {number} where it lies */
  gather(number) {
    const { head, machine, tileRow } = this;
    const across = Math.ceil(head.width / TILE);
    const [left, top] = [(number % across) * tileRow, Math.floor(number / across) * TILE];
    const length = Math.min(tileRow, head.row - left);
    const beyond = left + length === head.row ? (8 - ((head.width * head.bits) % 8)) % 8 : 0;
    const to = this.room + 33;
    machine.view.fill(0, to, to + TILE * tileRow);
    for (let y = 0; y < Math.min(TILE, head.height - top); y++) {
      const from = this.rows + (top + y) * (head.row + 1) + 1 + left;
      machine.view.copyWithin(to + y * tileRow, from, from + length);
      // What fills up the last byte of a row is nobody's content (7.2).
      if (beyond) machine.view[to + y * tileRow + length - 1] &= (0xff << beyond) & 0xff;
    }
    return to;
  }

  /** The hash of a tile from its salt. @param {Uint8Array} salt @param {number} number @returns {Uint8Array} */
  leaf(salt, number) {
    this.gather(number);
    this.machine.view[this.room] = 0;
    this.machine.view.set(salt, this.room + 1);
    return this.machine.hashAt(this.room, 33 + TILE * this.tileRow);
  }

  /** Whether a tile is exactly blank. @param {number} number */
  blank(number) {
    const start = this.gather(number);
    return this.machine.view.subarray(start, start + TILE * this.tileRow).every((byte) => byte === 0);
  }

  /** Name a chunk that *items* do not give, or give and is not there once, before the pixels; else empty. @param {import("./items.js").Item[]} items */
  strange(items) {
    const byPath = new Map(items.map((item) => [item.path, item]));
    const allowed = COLOURS.flatMap((kind) => {
      const item = byPath.get(`png:${kind}`);
      return item ? [{ kind, data: item.raw }] : [];
    });
    const turn = byPath.get(ORIENTATION);
    if (turn) allowed.push({ kind: "eXIf", data: writeOrientation(turn) });
    const strange = this.chunks.find((one) => one.kind !== "caBX" && !allowed.some((other) => same(one, other)));
    const amiss = (/** @type {Chunk} */ one) => this.late.some(({ kind }) => kind === one.kind) || this.chunks.filter((other) => same(one, other)).length !== 1;
    return (strange ?? allowed.find(amiss))?.kind ?? (this.manifests.length > 1 ? "caBX" : "");
  }

  get manifests() {
    return this.chunks.filter(({ kind }) => kind === "caBX");
  }

  /** How many bytes its content credentials take. */
  get credentials() {
    return this.manifests.reduce((sum, { data }) => sum + 12 + data.length, 0);
  }
}

/** @param {Chunk} one @param {Chunk} other */
const same = (one, other) => one.kind === other.kind && equal(one.data, other.data);

/** @param {Uint8Array} raw @returns {{chunks: Chunk[], end: number}} */
function cut(raw) {
  if (!equal(raw.subarray(0, 8), SIGNATURE)) throw flaw("png-chunk", "the file does not begin as a PNG");
  /** @type {Chunk[]} */
  const chunks = [];
  let at = 8;
  while (chunks[chunks.length - 1]?.kind !== "IEND") {
    if (at + 12 > raw.length) throw flaw("png-chunk", "the file breaks off");
    const length = readU32(raw, at);
    const body = raw.subarray(at + 4, at + 8 + length);
    if (at + 12 + length > raw.length || crc(body) !== readU32(raw, at + 8 + length)) throw flaw("png-chunk", `the chunk at byte ${at} is cut short or altered`);
    const kind = latin(body.subarray(0, 4));
    if (!/^[A-Za-z]{4}$/.test(kind)) throw flaw("png-chunk", `the chunk at byte ${at} has no type`);
    chunks.push({ kind, data: body.subarray(4) });
    at += 12 + length;
  }
  return { chunks, end: at };
}

/** @param {Chunk[]} chunks @returns {Head} */
function header(chunks) {
  const kinds = chunks.map(({ kind }) => kind);
  // Capitals mean that nobody may pass over it (5.4).
  if (kinds.some((kind) => /^[A-Z]/.test(kind) && !["IHDR", "PLTE", "IDAT", "IEND"].includes(kind)) || kinds.includes("acTL")) {
    throw flaw("png-kind", "the picture moves, or holds something that is not known");
  }
  checkOrder(chunks, kinds);
  const ihdr = chunks[0].data;
  const [width, height] = [readU32(ihdr, 0), readU32(ihdr, 4)];
  const [depth, colour, packing, filters, interlace] = ihdr.subarray(8);
  const [channels, depths] = KINDS[colour] ?? [0, []];
  if (interlace || packing || filters || !depths.includes(depth)) throw flaw("png-kind", "the picture is interlaced, or of a kind that is not known");
  if (!(width > 0 && width < 65536 && height > 0 && height < 65536)) throw flaw("png-limit", `${width} x ${height} pixels cannot be read`);
  const needed = NEEDED.flatMap((name) => chunks.filter(({ kind }) => kind === name && !(name === "PLTE" && colour !== 3)));
  if (colour >= 4 && needed.length) throw flaw("png-chunk", "a colour is see-through where every pixel says so itself");
  const palette = needed[0]?.kind === "PLTE" ? needed[0].data.length : 0;
  if (colour === 3 && (palette % 3 || palette < 3 || palette > 768)) throw flaw("png-chunk", "the palette is missing or cut short");
  const bits = depth * channels;
  const row = Math.ceil((width * bits) / 8);
  if (height * (row + 1) > MAX_BYTES || Math.ceil(width / TILE) * Math.ceil(height / TILE) > MAX_TILES) {
    throw flaw("png-limit", `${width} x ${height} pixels are more than can be taken apart`);
  }
  return { width, height, ihdr, bits, row, needed };
}

/** @param {Chunk[]} chunks @param {string[]} kinds */
function checkOrder(chunks, kinds) {
  const count = (/** @type {string} */ name) => kinds.filter((kind) => kind === name).length;
  const first = kinds.indexOf("IDAT");
  const once = ["IHDR", "PLTE", "tRNS"].every((kind) => count(kind) < 2);
  const together = kinds.lastIndexOf("IDAT") - first + 1 === count("IDAT");
  const before = NEEDED.every((kind) => kinds.indexOf(kind) < first);
  const ends = kinds[0] === "IHDR" && chunks[0].data.length === 13 && !chunks[chunks.length - 1].data.length;
  if (!(ends && first > 0 && once && together && before)) throw flaw("png-chunk", "chunks are missing, twice or out of order");
}

/** Unpack exactly *size* bytes of zlib data. @param {Uint8Array} data @param {number} size @returns {Promise<Uint8Array>} */
async function unpack(data, size) {
  const rows = new Uint8Array(size);
  let at = 0;
  try {
    const reader = new Blob([/** @type {any} */ (data)]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      if (at + read.value.length > size) {
        void reader.cancel().catch(() => {});
        at = size + 1;
        break;
      }
      rows.set(read.value, at);
      at += read.value.length;
    }
  } catch {
    throw flaw("png-data", "the data cannot be unpacked");
  }
  // Not every browser looks at what follows the packed data: the check sum must be the very end.
  if (at !== size || adler(rows) !== readU32(data, data.length - 4)) throw flaw("png-data", "there are more or fewer data than the picture needs");
  return rows;
}

/** @param {Head} head @param {Uint8Array} rows */
function unfilter(head, rows) {
  const machine = new Machine();
  const address = machine.place(rows);
  if (machine.call("unfilter", address, head.height, head.row, Math.max(1, head.bits >> 3))) throw flaw("png-data", "a filter is not known");
  return { machine, address };
}

const TABLE = Int32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** @param {Uint8Array} bytes */
function crc(bytes) {
  let sum = -1;
  for (let at = 0; at < bytes.length; at++) sum = TABLE[(sum ^ bytes[at]) & 255] ^ (sum >>> 8);
  return ~sum >>> 0;
}

/** @param {Uint8Array} bytes */
function adler(bytes) {
  let [a, b] = [1, 0];
  for (let at = 0; at < bytes.length; ) {
    for (const end = Math.min(at + 3800, bytes.length); at < end; at++) {
      a += bytes[at];
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}

/** @param {string} code @param {string} what */
const flaw = (code, what) => new Flaw(code, what);
