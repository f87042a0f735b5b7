/**
 * Parts: self-describing packets, each whole or spoiled by itself. NOT secrecy, and NOT a signature. docs/spec/part.md.
 *
 * Bytes in, values out; codes of flaws as in the specification. Row is what the Python calls stripe.
 */
import { equal, latin, readU32, u32, utf8 } from "./bytes.js";
import { Flaw } from "./flaw.js";
import { line, note } from "./rescue.js";

/** @typedef {import("./hash.js").Hasher} Hasher */
/** @typedef {{setId: Uint8Array, need: number, packet: number, tagged: boolean}} Shape what all packets of a set say alike */
/** @typedef {{total: number | null, volumeRows: number | null}} Layout what a descriptor says of the whole dossier */
/**
 * What a packet says of itself.
 * @typedef {{shape: Shape, kind: number, index: number, volume: number, row: number, used: number,
 *   endOfVolume?: boolean, endOfSet?: boolean}} Header
 */
/** @typedef {{header: Header, payload: Uint8Array, layout: Layout | null}} Packet */

export const MAGIC = utf8("TZP1");
export const HEADER = 64;
export const CHECKED = 40;
export const TAG = 16;
export const BLOCK = 1;
export const DESCRIPTOR = 2;
export const CAPACITY = 255;
export const EVERY = 256;
export const PACKETS = [1 << 10, 1 << 12, 1 << 14, 1 << 16];
const PAPER = PACKETS[0]; // on sheets only; never chosen for a file
const [CODE, TAGGED, END_OF_VOLUME, END_OF_SET] = [1, 1, 2, 4];
const MAX_TOTAL = 1n << 56n;
const TITLE = "tamizdat-part-v1";

/** How many bytes of a block each packet carries. @param {Shape} shape */
export const payloadLength = (shape) => shape.packet - HEADER - (shape.tagged ? TAG : 0);

/** How many bytes of ciphertext one row carries. @param {Shape} shape */
export const rowLength = (shape) => shape.need * payloadLength(shape);

/** How long packets should be in a part of about *length* bytes: at least 256 of them. @param {number} length */
export const packetSize = (length) => [...PACKETS.slice(1)].reverse().find((size) => length >= 256 * size) ?? PACKETS[1];

/** How many packets a part with so many rows has, descriptors among them. @param {number} rows */
export const packets = (rows) => rows + Math.ceil(rows / (EVERY - 1)) + 1;

/** How many rows fit in a part of at most *size* bytes. @param {number} size @param {number} packet */
export function rowsFor(size, packet) {
  const room = Math.floor(size / packet);
  let rows = Math.max(0, room - 1 - Math.ceil(room / EVERY));
  while (packets(rows + 1) <= room) rows++;
  if (rows < 1) throw new Flaw("carry-small", `a part of ${size} bytes is too small for packets of ${packet}`);
  return rows;
}

/** Refuse what cannot be said of a set. @param {Shape} shape @returns {Shape} */
export function checkShape(shape) {
  if (!(shape.need >= 1 && shape.need <= CAPACITY)) throw flaw("part-counts", `any ${shape.need} parts cannot be`);
  if (!PACKETS.includes(shape.packet)) throw flaw("part-size", `packets of ${shape.packet} bytes cannot be`);
  return shape;
}

/** @param {Header} header @returns {Header} */
function checkHeader(header) {
  if (!(header.index >= 0 && header.index < CAPACITY)) throw flaw("part-counts", `part ${header.index + 1} cannot be`);
  const row = rowLength(header.shape);
  const wrong =
    header.kind === DESCRIPTOR
      ? header.used || header.endOfVolume || header.endOfSet
      : header.used > row || (header.endOfSet && !header.endOfVolume) || !(header.used === row || header.endOfSet);
  if (wrong) throw flaw("part-used", `a row of ${header.used} bytes with these flags cannot be`);
  return header;
}

/**
 * Write the header, the tag where the shape has room for one, and the check around the payload that is there.
 * @param {Uint8Array} packet @param {Header} header @param {Hasher} check @param {Hasher | null} tag
 */
export function sealPacket(packet, header, check, tag) {
  const { shape } = checkHeader(header);
  const flags =
    (shape.tagged ? TAGGED : 0) | (header.endOfVolume ? END_OF_VOLUME : 0) | (header.endOfSet ? END_OF_SET : 0);
  packet.set(MAGIC);
  packet.set([header.kind, CODE, flags, 31 - Math.clz32(shape.packet), shape.need, CAPACITY, header.index, 0], 4);
  packet.set(u32(header.row), 12);
  packet.set(shape.setId, 16);
  packet.set(u32(header.volume), 32);
  packet.set(u32(header.used), 36);
  if (shape.tagged) packet.set(tag ? tagOf(packet, tag) : new Uint8Array(TAG), packet.length - TAG);
  packet.set(checkOf(packet, check), CHECKED);
}

/** @param {Uint8Array} packet @param {Hasher} hasher @returns {Uint8Array} the check as it should be */
export function checkOf(packet, hasher) {
  hasher.begin();
  hasher.update(packet.subarray(0, CHECKED));
  hasher.update(packet.subarray(HEADER));
  return hasher.end().subarray(0, HEADER - CHECKED);
}

/** @param {Uint8Array} packet @param {Hasher} hasher keyed @returns {Uint8Array} */
function tagOf(packet, hasher) {
  hasher.begin();
  hasher.update(packet.subarray(0, CHECKED));
  hasher.update(packet.subarray(HEADER, packet.length - TAG));
  return hasher.end().subarray(0, TAG);
}

/** Read the first 64 bytes of a packet; the check is not looked at. @param {Uint8Array} raw @returns {Header} */
export function readHead(raw) {
  if (raw.length < HEADER) throw flaw("part-short", `${raw.length} bytes are no packet`);
  if (!equal(raw.subarray(0, 4), MAGIC)) throw flaw("part-magic", "a packet begins with TZP1");
  const [kind, code, flags, exponent, need, capacity, index, zero] = raw.subarray(4, 12);
  if (kind !== BLOCK && kind !== DESCRIPTOR) throw flaw("part-type", `packets of type ${kind} are not known`);
  if (code !== CODE) throw flaw("part-code", `the erasure code ${code} is not known`);
  if (flags & ~(TAGGED | END_OF_VOLUME | END_OF_SET) || zero) throw flaw("part-header", `flags ${flags} are not known`);
  if (!PACKETS.includes(2 ** exponent)) throw flaw("part-size", `packets of 2^${exponent} bytes cannot be`);
  if (capacity !== CAPACITY) throw flaw("part-counts", `the capacity is ${CAPACITY}, not ${capacity}`);
  const shape = { setId: raw.slice(16, 32), need, packet: 2 ** exponent, tagged: Boolean(flags & TAGGED) };
  return checkHeader({
    shape: checkShape(shape),
    kind,
    index,
    row: readU32(raw, 12),
    volume: readU32(raw, 32),
    used: readU32(raw, 36),
    endOfVolume: Boolean(flags & END_OF_VOLUME),
    endOfSet: Boolean(flags & END_OF_SET),
  });
}

/** Read one packet, its check included. @param {Uint8Array} raw @param {Hasher} check @returns {Packet} */
export function readPacket(raw, check) {
  const header = readHead(raw);
  const size = header.shape.packet;
  if (raw.length !== size) throw flaw("part-short", `a packet of ${size} bytes breaks off after ${raw.length}`);
  if (!equal(raw.subarray(CHECKED, HEADER), checkOf(raw, check))) throw flaw("part-check", "its check fails");
  const payload = raw.subarray(HEADER, HEADER + payloadLength(header.shape));
  return { header, payload, layout: header.kind === DESCRIPTOR ? readLayout(payload) : null };
}

/**
 * Read a part that should be whole, to the letter. `Joiner` asks for much less.
 * @param {Uint8Array} part @param {Hasher} check @returns {Packet[]}
 */
export function read(part, check) {
  /** @type {Packet[]} */
  const all = [];
  let [at, row, ended, done] = [0, 0, false, false];
  while (at < part.length && !done) {
    const size = readHead(part.subarray(at, at + HEADER)).shape.packet;
    const packet = readPacket(part.subarray(at, at + size), check);
    const { header } = packet;
    const first = all[0]?.header ?? header;
    const alike = sameShape(header.shape, first.shape) && header.index === first.index && header.volume === first.volume;
    const due = ended || all.length % EVERY === 0 ? DESCRIPTOR : BLOCK;
    if (!alike || header.row !== row || header.kind !== due) {
      throw flaw("part-order", `packet ${all.length + 1} does not follow the ones before it`);
    }
    all.push(packet);
    at += size;
    done = ended && header.kind === DESCRIPTOR;
    if (header.kind === BLOCK) {
      row++;
      ended = Boolean(header.endOfVolume);
    }
  }
  if (!done || at < part.length) throw flaw("part-order", `the part does not end as a part ends, after ${all.length} packets`);
  return all;
}

/** @param {Shape} one @param {Shape} two */
export const sameShape = (one, two) =>
  equal(one.setId, two.setId) && one.need === two.need && one.packet === two.packet && one.tagged === two.tagged;

/** Write the payload of a descriptor. @param {Header} header @param {Layout} layout @returns {Uint8Array} */
export function writeLayout(header, layout) {
  const { need, packet } = header.shape;
  const words = (packet === PAPER ? line : note)({ need, number: header.index + 1, packet });
  const raw = new Uint8Array(payloadLength(header.shape));
  raw.set(utf8(`${TITLE}\ntotal: ${layout.total ?? "unknown"}\nvolume-rows: ${layout.volumeRows ?? "all"}\n\n${words}`));
  return raw;
}

/** Read its first lines; the note is for people. @param {Uint8Array} payload @returns {Layout} */
export function readLayout(payload) {
  const match = /^tamizdat-part-v1\ntotal: (unknown|0|[1-9][0-9]{0,18})\nvolume-rows: (all|0|[1-9][0-9]{0,18})\n\n/.exec(
    latin(payload.subarray(0, 128)),
  );
  const [total, rows] = match ? [match[1], match[2]] : ["", ""];
  if (!match || (total !== "unknown" && BigInt(total) > MAX_TOTAL) || (rows !== "all" && !(+rows >= 1 && +rows < 2 ** 32))) {
    throw flaw("part-descriptor", "the first lines of the descriptor cannot be read");
  }
  return { total: total === "unknown" ? null : Number(total), volumeRows: rows === "all" ? null : Number(rows) };
}

/** @param {string} code @param {string} what */
function flaw(code, what) {
  return new Flaw(code, what, "Ask the courier for this part again; the other parts may be enough.");
}
