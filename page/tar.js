/** Tar, in the one spelling that a dossier has. It writes headers only. docs/spec/dossier.md, "Tar". */
import { concat, utf8 } from "./bytes.js";

export const BLOCK = 512;
const LARGEST = 8 ** 11 - 1;

/** How many zeros fill the last block up. @param {number} size */
export const filler = (size) => (BLOCK - (size % BLOCK)) % BLOCK;

/** How long a member is in the tar, with its header. @param {number} size */
export const storedLength = (size) => (size > LARGEST ? 3 * BLOCK : BLOCK) + size + filler(size);

/** The one header of a regular file. @param {string} path @param {number} size @param {number} time @returns {Uint8Array} */
export function header(path, size, time) {
  if (size <= LARGEST) return spell(path, "0", size, time);
  const tail = ` size=${size}\n`;
  const length = [1, 2, 3].find((digits) => String(tail.length + digits).length === digits);
  const record = utf8(`${tail.length + Number(length)}${tail}`);
  const extra = spell(`dossier/PaxHeaders/${path.slice(path.lastIndexOf("/") + 1)}`, "x", record.length, time);
  return concat(extra, record, new Uint8Array(filler(record.length)), spell(path, "0", 0, time));
}

/** @param {string} path @param {string} kind @param {number} size @param {number} time */
function spell(path, kind, size, time) {
  const block = new Uint8Array(BLOCK);
  const put = (/** @type {number} */ at, /** @type {string} */ text) => block.set(utf8(text), at);
  const octal = (/** @type {number} */ value, /** @type {number} */ width) => value.toString(8).padStart(width, "0");
  put(0, path);
  put(100, "0000600\0" + "0000000\0".repeat(2) + `${octal(size, 11)}\0${octal(time, 11)}\0`);
  put(148, " ".repeat(8) + kind);
  put(257, "ustar\x0000");
  put(329, "0000000\0".repeat(2));
  put(148, `${octal(block.reduce((sum, byte) => sum + byte), 6)}\0 `);
  return block;
}
