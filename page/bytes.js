/** Small doings with bytes. Nothing here knows a format. */

const encoder = new TextEncoder();

/** @param {string} text @returns {Uint8Array} its UTF-8 */
export const utf8 = (text) => encoder.encode(text);

/** @param {Uint8Array} bytes @returns {string} what they say in ASCII; anything else as one odd letter a byte */
export function latin(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Uint8Array} bytes @returns {string} */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {Uint8Array} left @param {Uint8Array} right */
export function equal(left, right) {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false;
  return true;
}

/** Order two strings of bytes as memcmp does. @param {Uint8Array} left @param {Uint8Array} right */
export function compare(left, right) {
  const end = Math.min(left.length, right.length);
  for (let at = 0; at < end; at++) if (left[at] !== right[at]) return left[at] - right[at];
  return left.length - right.length;
}

/** @param {number} value @returns {Uint8Array} four bytes, the highest first */
export const u32 = (value) => new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);

/** @param {Uint8Array} bytes @param {number} at */
export const readU32 = (bytes, at) =>
  bytes[at] * 0x1000000 + ((bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]);

/** @param {Uint8Array} bytes @returns {bigint} */
export const toNumber = (bytes) => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** @param {number} count @returns {Uint8Array} from the browser's own dice */
export function random(count) {
  return globalThis.crypto.getRandomValues(new Uint8Array(count));
}
