/**
 * Metadata items that a proof shows: how one is hashed, and what it tells. docs/spec/redaction.md, "Metadata".
 *
 * It is NOT a judge of what is true: a camera's date is a claim. It takes no metadata apart: a reader has only the items of the proof.
 */
import { concat, u32, utf8 } from "../bytes.js";

/** @typedef {{place: number, path: string, type: number, count: number, raw: Uint8Array}} Item */

export const ORIENTATION = "exif:0/0112";
export const PROFILE = "icc";

/** @param {Item} item @returns {Uint8Array} as it is hashed */
export function write(item) {
  const path = utf8(item.path);
  return concat(u16(path.length), path, u16(item.type), u32(item.count), item.raw);
}

/** The EXIF orientation, 1 to 8; 1 where there is none. @param {Item[]} items */
export function orientation(items) {
  for (const item of items) {
    if (item.path !== ORIENTATION || item.type !== 3 || item.count !== 1) continue;
    const value = item.raw.reduce((sum, byte) => sum * 256 + byte, 0);
    if (value >= 1 && value <= 8) return item.raw[1];
  }
  return 1;
}

/** A TIFF that says the orientation and nothing else. @param {Item} item @returns {Uint8Array} */
export const writeOrientation = (item) =>
  concat(utf8("MM\0*"), u32(8), u16(1), u16(0x0112), u16(3), u32(1), item.raw.subarray(0, 2), new Uint8Array(6));

/** What items tell of date, place and camera: a claim of whoever wrote them. @param {Item[]} items @returns {{date: string, place: string, camera: string}} */
export function told(items) {
  const byPath = new Map(items.map((item) => [item.path, item]));
  let date = text(byPath.get("exif:0/8769/9003"));
  const zone = text(byPath.get("exif:0/8769/9011"));
  if (date && zone) date += ` ${zone}`;
  const camera = ["010f", "0110"].map((tag) => text(byPath.get(`exif:0/${tag}`))).filter(Boolean).join(" ");
  return { date, place: place(byPath), camera };
}

/** @param {Item | undefined} item */
function text(item) {
  if (!item) return "";
  const end = item.raw.indexOf(0);
  const said = new TextDecoder().decode(end < 0 ? item.raw : item.raw.subarray(0, end)).trim();
  return [...said.replace(/(?! )[\p{C}\p{Z}]/gu, "")].slice(0, 200).join("");
}

/** @param {Map<string, Item>} byPath */
function place(byPath) {
  const degrees = [];
  for (const [number, far, most] of /** @type {[number, string, number][]} */ ([[1, "S", 90], [3, "W", 180]])) {
    const path = (/** @type {number} */ tag) => `exif:0/8825/${tag.toString(16).padStart(4, "0")}`;
    const side = text(byPath.get(path(number)));
    const angle = byPath.get(path(number + 1));
    if (!side || !angle || angle.type !== 5 || angle.raw.length !== 24) return "";
    const view = new DataView(angle.raw.buffer, angle.raw.byteOffset, 24);
    const parts = [0, 4, 8, 12, 16, 20].map((at) => view.getUint32(at));
    if (!parts[1] || !parts[3] || !parts[5]) return "";
    const value = parts[0] / parts[1] + parts[2] / parts[3] / 60 + parts[4] / parts[5] / 3600;
    if (value > most) return "";
    degrees.push((side === far ? -value : value).toFixed(6));
  }
  return degrees.join(", ");
}

/** @param {number} value @returns {Uint8Array} */
export const u16 = (value) => new Uint8Array([value >> 8, value]);
