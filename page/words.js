/** Numbers as words and digits to say aloud. docs/spec/dossier.md, "Check words"; docs/spec/card.md, "Fingerprint". */
import { toNumber } from "./bytes.js";
import { sha256 } from "./hash.js";
import { WORDS } from "./wordlist.js";

/** @param {bigint} number @param {number} count @returns {string[]} */
const spell = (number, count) =>
  Array.from({ length: count }, (_, place) => WORDS[Number((number >> BigInt(11 * (count - 1 - place))) & 2047n)]);

/** The 12 words of a card's fingerprint. @param {bigint} fingerprint 132 bits @returns {string[]} */
export const cardWords = (fingerprint) => spell(fingerprint, 12);

/** The 24 words of an announcement; the last holds a check. @param {Uint8Array} announcement 32 bytes @returns {string[]} */
export const checkWords = (announcement) =>
  spell((toNumber(announcement) << 8n) | BigInt(sha256(announcement)[0]), 24);

/** The same as 78 digits and 2 check digits, in groups of five. @param {Uint8Array} announcement @returns {string} */
export function digits(announcement) {
  const number = toNumber(announcement);
  const check = 98n - ((number * 100n) % 97n);
  const line = String(number).padStart(78, "0") + String(check).padStart(2, "0");
  return line.replace(/.{5}(?=.)/g, "$& ");
}
