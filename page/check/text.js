/** Small spellings that have one form each: decimal numbers, base64, times. What is spelled otherwise is an Error; its reader gives it a code. */
import { base64 } from "@scure/base";

/** @param {string} word a plain decimal number of at most 19 digits @returns {bigint} */
export function decimal(word) {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(word)) throw new Error(`“${word.slice(0, 40)}” is not a plain decimal number`);
  return BigInt(word);
}

/** @param {string} word standard base64 in its one spelling @param {number} [length] of the bytes @returns {Uint8Array} */
export function unbase64(word, length) {
  let value;
  try {
    value = base64.decode(word);
  } catch {
    throw new Error(`“${word.slice(0, 40)}” is not base64`);
  }
  if (base64.encode(value) !== word || (length !== undefined && value.length !== length)) {
    throw new Error(`“${word.slice(0, 40)}” is not the one base64 spelling of ${length ?? "some"} bytes`);
  }
  return value;
}

/** @param {Uint8Array} value @returns {string} */
export const rebase64 = (value) => base64.encode(value);

/** @param {number} seconds since 1970 @returns {string} such as 2026-11-26T09:30:00Z */
export const instant = (seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

/** @param {string} word what `instant` writes @returns {number} seconds since 1970 */
export function readInstant(word) {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(word) ? Date.parse(word) : NaN;
  if (Number.isNaN(time) || instant(time / 1000) !== word) throw new Error(`“${word.slice(0, 40)}” is not a time such as 2026-11-26T09:30:00Z`);
  return time / 1000;
}
