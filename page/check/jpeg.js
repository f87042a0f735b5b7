/**
 * A JPEG as a grid of tiles of coefficients, read as strictly as it was committed to. docs/spec/redaction.md, "Tiles", "Reading a JPEG".
 *
 * It is NOT a decoder: no pixel is computed here, the browser shows the very bytes that were checked.
 */
import { concat, equal, latin, u32, utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { ORIENTATION, PROFILE, u16, writeOrientation } from "./items.js";
import { Machine, tooLarge } from "./machine.js";
import { TILE } from "./proof.js";

/** The numbers of jdct.c. @type {[string, string][]} */
const FLAWS = [
  ["", ""],
  ["jpeg-start", "the file does not begin as a JPEG"],
  ["jpeg-segment", "a segment's length is not what its content needs"],
  ["jpeg-marker", "something other than a known marker stands where one should"],
  ["jpeg-kind", "the JPEG is arithmetic, lossless, hierarchical or of other than 8 bits"],
  ["jpeg-frame", "size, components, sampling or colours are wrong or of a kind that is not known"],
  ["jpeg-table", "a table is wrong, missing, or changed after its use"],
  ["jpeg-scan", "a scan is not one that may stand here"],
  ["jpeg-data", "the data hold a code or value that cannot be"],
  ["jpeg-short", "the file breaks off, or data are missing"],
  ["jpeg-extra", "there are more data than the picture needs"],
  ["jpeg-restart", "a restart marker is missing or out of order"],
  ["jpeg-unfinished", "the picture ends before all its coefficients were given in full"],
];
const ICC_CHUNK = 65_000;

/** What stands before a tile while it is hashed: 0x00 and a salt. */
const BEFORE = 33;

export class Jpeg {
  kind = 1;

  /** @param {Uint8Array} raw */
  constructor(raw) {
    const machine = new Machine();
    const flaw = machine.call("decode", machine.place(raw), raw.length);
    const picture = machine.call("picture");
    const words = new Uint32Array(machine.view.buffer, picture, 16 + 4 * 9);
    if (flaw) {
      const [code, what] = FLAWS[flaw] ?? ["", ""];
      throw code ? new Flaw(code, `${what} (at byte ${words[11]} of the picture)`) : tooLarge();
    }
    const quantisers = new Uint16Array(machine.view.buffer, picture + 4 * words.length, 4 * 64);
    this.machine = machine;
    [this.width, this.height] = words;
    [this.hmax, this.vmax, this.transform] = words.subarray(3, 6);
    this.components = Array.from({ length: words[2] }, (_, number) => {
      const [id, h, v] = words.subarray(16 + 9 * number);
      return { id, h, v, quantiser: quantisers.slice(64 * number, 64 * number + 64) };
    });
    this.first = words[9];
    this.tileLength = words[8] * 128;
    this.trailer = raw.length - words[10];
    const list = new Uint32Array(machine.view.buffer, words[13], 3 * words[12]);
    this.segments = Array.from({ length: words[12] }, (_, number) => {
      const [kind, start, length] = list.subarray(3 * number);
      // What stands behind the beginning of a scan viewers heed no more.
      return { marker: kind & 255, data: raw.subarray(start, start + length), late: kind > 255 };
    });
  }

  /** The header as it is hashed, for a picture of that size. @param {number} width @param {number} height @returns {Uint8Array} */
  header(width, height) {
    const fixed = [utf8("TJC1"), [1], u16(TILE), u32(width), u32(height), [this.components.length, this.hmax, this.vmax, this.transform]];
    const components = this.components.map(({ id, h, v, quantiser }) => concat(new Uint8Array([id, h, v]), ...[...quantiser].map(u16)));
    return concat(...fixed.map((part) => Uint8Array.from(part)), ...components);
  }

  /** The hash of a tile from its salt. @param {Uint8Array} salt @param {number} number @returns {Uint8Array} */
  leaf(salt, number) {
    const { machine } = this;
    // What is hashed must lie in one piece: the salt stands for a moment where the tile before ends.
    const start = this.first + number * this.tileLength - BEFORE;
    const kept = machine.view.slice(start, start + BEFORE);
    machine.view[start] = 0;
    machine.view.set(salt, start + 1);
    const hash = machine.hashAt(start, BEFORE + this.tileLength);
    machine.view.set(kept, start);
    return hash;
  }

  /** Whether a tile is exactly blank. @param {number} number @param {number} fill */
  blank(number, fill) {
    const values = new Int16Array(this.machine.view.buffer, this.first + number * this.tileLength, this.tileLength / 2);
    const [first] = this.components;
    const [across, down] = [(4 * first.h) / this.hmax, (4 * first.v) / this.vmax];
    const columns = Math.ceil(Math.ceil((this.width * first.h) / this.hmax) / 8);
    const lines = Math.ceil(Math.ceil((this.height * first.v) / this.vmax) / 8);
    const tiles = Math.ceil(this.width / TILE);
    const [x, y] = [number % tiles, Math.floor(number / tiles)];
    for (let at = 0; at < values.length; at++) {
      const block = at >> 6;
      const filled = at % 64 === 0 && block < across * down && x * across + (block % across) < columns && y * down + Math.floor(block / across) < lines;
      if (values[at] !== (filled ? fill : 0)) return false;
    }
    return true;
  }

  /** Name a segment that neither every JPEG has nor *items* give, or that they give and does not stand there once; else empty. @param {import("./items.js").Item[]} items */
  strange(items) {
    const allowed = this.shownSegments(items);
    const strange = this.segments.find(({ marker, data, late }) => {
      const bare = marker === 0xe0 && latin(data.subarray(0, 5)) === "JFIF\0" && data.length === 14;
      const adobe = marker === 0xee && latin(data.subarray(0, 5)) === "Adobe" && data.length === 12;
      const manifest = marker === 0xeb && latin(data.subarray(0, 2)) === "JP";
      const shown = [0xe1, 0xe2].includes(marker) && allowed.some((one) => equal(one, data));
      return late || !(bare || adobe || manifest || shown);
    });
    const twice = [0xe0, 0xee].find((marker) => this.segments.filter((one) => one.marker === marker).length > 1);
    // Without what turns and colours it, viewers would show another picture.
    const absent = allowed.find((one) => this.segments.filter(({ data }) => equal(one, data)).length !== 1);
    const marker = strange?.marker ?? twice ?? (absent && (latin(absent.subarray(0, 4)) === "Exif" ? 0xe1 : 0xe2));
    return marker?.toString(16).toUpperCase() ?? "";
  }

  /** How many bytes its content credentials take. */
  get credentials() {
    return this.segments.reduce((sum, { marker, data }) => sum + (marker === 0xeb ? 4 + data.length : 0), 0);
  }

  /** What EXIF and ICC segments hold where *items* are shown. @param {import("./items.js").Item[]} items */
  shownSegments(items) {
    const byPath = new Map(items.map((item) => [item.path, item]));
    const [turn, profile] = [byPath.get(ORIENTATION), byPath.get(PROFILE)];
    const written = turn ? [concat(utf8("Exif\0\0"), writeOrientation(turn))] : [];
    const chunks = profile ? Math.ceil(profile.raw.length / ICC_CHUNK) : 0;
    for (let number = 1; profile && number <= chunks; number++) {
      const chunk = profile.raw.subarray(ICC_CHUNK * (number - 1), ICC_CHUNK * number);
      written.push(concat(utf8("ICC_PROFILE\0"), new Uint8Array([number, chunks]), chunk));
    }
    return written;
  }
}

