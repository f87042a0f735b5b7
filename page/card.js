/**
 * Cards: whom to seal for. A card proves that its text was signed by the key it names, NOT whose key that is:
 * the person compares the 12 words. docs/spec/card.md.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { base64, bech32 } from "@scure/base";
import { concat, equal, toNumber, utf8 } from "./bytes.js";
import { Flaw } from "./flaw.js";
import { sha256 } from "./hash.js";

const MAX_CARD = 65_536;
const MAX_LIFE = 366 * 86_400;
/** How often each line stands, in the order of the lines. @type {[string, number, number][]} */
const FIELDS = [
  ["name", 1, 1], ["serial", 1, 1], ["issued", 1, 1], ["not-after", 1, 1], ["strength", 1, 1], ["recipient", 1, 16],
  ["recovery", 1, 1], ["newsroom", 1, 1], ["previous", 0, 1], ["log", 1, 1], ["edition", 1, 1], ["approvals", 1, 1],
  ["approver", 1, 255], ["witness", 0, 16], ["need", 1, 1], ["parts", 1, 1], ["hand-in", 0, 16],
]; // prettier-ignore
// The name of a key: no plus, and nothing that Python counts as a space (\s of JavaScript is another set).
const NAME = "([^\\0-\\x20+\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+)";
const [SIGNATURE, KEY] = [new RegExp(`^\u2014 ${NAME} (\\S+)$`, "u"), new RegExp(`^${NAME}\\+([0-9a-f]{8})\\+(\\S+)$`, "u")];
const HIDDEN = /[^\P{C}\u200c\u200d]|[\p{Zl}\p{Zp}]/u;
const [ED25519, COSIGNATURE, MLDSA44] = [1, 4, 6];

/**
 * What the page needs of a card.
 * @typedef {{name: string, serial: number, issued: number, notAfter: number, postQuantum: boolean, recipients: string[],
 *   need: number, parts: number, handIn: string[], fingerprint: bigint}} Card
 */

/**
 * Read a card and check that the newsroom it names signed it, and the previous key too where it names one.
 * @param {Uint8Array} raw @returns {Card} recipients with the recovery recipient as the last
 */
export function read(raw) {
  const { text, signatures } = readNote(raw);
  const [title, ...lines] = text.split("\n");
  if (title !== "tamizdat-card-v1") throw flaw("card-title", "it does not begin with tamizdat-card-v1");
  const values = sortLines(lines.slice(0, -1));
  const card = {
    name: values.name[0],
    serial: decimal(values.serial[0]),
    issued: instant(values.issued[0]),
    notAfter: instant(values["not-after"][0]),
    postQuantum: values.strength[0] === "post-quantum",
    recipients: [...values.recipient, values.recovery[0]],
    need: decimal(values.need[0]),
    parts: decimal(values.parts[0]),
    handIn: values["hand-in"],
    fingerprint: toNumber(sha256(concat(utf8("tamizdat-card-v1\n"), utf8(text)))) >> 124n,
  };
  checkValues(card, values, decimal(values.approvals[0]));
  checkRecipients(card);
  checkKeys(values);
  for (const word of [...values.newsroom, ...values.previous]) verify(text, signatures, readKey(word));
  return card;
}

/** Say what is wrong with a card's time, or nothing. @param {Card} card @param {number} now seconds since 1970 */
export const untimely = (card, now) =>
  now > card.notAfter ? "card-expired" : now < card.issued - 86_400 ? "card-early" : "";

/** @param {Uint8Array} raw */
function readNote(raw) {
  if (raw.length > MAX_CARD) throw flaw("card-note", `it is ${raw.length} bytes long`);
  let whole;
  try {
    whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    throw flaw("card-note", "it is not UTF-8");
  }
  const parted = whole.lastIndexOf("\n\n");
  const text = whole.slice(0, parted + 1);
  const lines = whole.slice(parted + 2);
  // eslint-disable-next-line no-control-regex
  if (parted < 0 || !lines.endsWith("\n") || /[\x00-\x09\x0b-\x1f]/.test(text)) {
    throw flaw("card-note", "no signatures stand after an empty line");
  }
  return { text, signatures: lines.slice(0, -1).split("\n").map(readSignature) };
}

/** @param {string} line @returns {{name: string, id: Uint8Array, value: Uint8Array}} */
function readSignature(line) {
  const match = SIGNATURE.exec(line);
  const value = match && unbase64(match[2]);
  if (!match || !value || value.length < 5) throw flaw("card-note", "a signature line cannot be read");
  return { name: match[1], id: value.subarray(0, 4), value: value.subarray(4) };
}

/** @param {string[]} lines @returns {Record<string, string[]>} */
function sortLines(lines) {
  /** @type {Record<string, string[]>} */
  const values = Object.fromEntries(FIELDS.map(([field]) => [field, []]));
  let place = 0;
  for (const line of lines) {
    const colon = line.indexOf(": ");
    const found = FIELDS.findIndex(([field]) => field === line.slice(0, colon));
    if (colon < 0 || found < place) throw flaw("card-fields", `“${line.slice(0, 40)}” is no line of a card, or not due there`);
    place = found;
    values[FIELDS[found][0]].push(line.slice(colon + 2));
  }
  for (const [field, least, most] of FIELDS) {
    if (values[field].length < least || values[field].length > most) {
      throw flaw("card-fields", `it has ${values[field].length} lines “${field}”`);
    }
  }
  return values;
}

/** @param {Card} card @param {Record<string, string[]>} values @param {number} approvals */
function checkValues(card, values, approvals) {
  for (const word of [card.name, ...card.handIn]) {
    const long = [...word].length > 200;
    if (!word || long || word !== word.trim() || HIDDEN.test(word)) throw flaw("card-value", `“${word.slice(0, 40)}” is not one plain line`);
  }
  const life = card.notAfter - card.issued;
  const wrong =
    !(card.serial >= 1 && card.serial <= 1e9) ||
    !(life > 0 && life <= MAX_LIFE) ||
    !(card.need >= 1 && card.need <= card.parts && card.parts <= 255) ||
    !(approvals >= 1 && approvals <= 255) ||
    !["post-quantum", "classical"].includes(values.strength[0]);
  if (wrong) throw flaw("card-value", "a value on it cannot be");
}

/** @param {Card} card */
function checkRecipients(card) {
  if (new Set(card.recipients).size !== card.recipients.length) throw flaw("card-recipient", "it names a recipient twice");
  const [prefix, length] = card.postQuantum ? ["age1pq", 1216] : ["age", 32];
  for (const word of card.recipients) {
    const found = unbech32(word);
    if (found?.prefix !== prefix || found.bytes.length !== length) {
      throw flaw("card-recipient", `“${word.slice(0, 24)}” is no recipient of the strength that the card promises`);
    }
  }
}

/** @param {string} word @returns {{prefix: string, bytes: Uint8Array} | null} */
function unbech32(word) {
  try {
    const { prefix, words } = bech32.decode(/** @type {`${string}1${string}`} */ (word), false);
    return word === word.toLowerCase() ? { prefix, bytes: bech32.fromWords(words) } : null;
  } catch {
    return null;
  }
}

/** @param {Record<string, string[]>} values */
function checkKeys(values) {
  const own = [...values.newsroom, ...values.previous, ...values.log, ...values.edition];
  const people = values.approver.map((word) => word.slice(word.indexOf(" ") + 1));
  const keys = [...[...own, ...people].map((word) => readKey(word)), ...values.witness.map((word) => readKey(word, true))];
  if (new Set(keys.map((key) => String(key.public))).size !== keys.length) throw flaw("card-key", "one key stands on it for two uses");
  const names = values.approver.map((word) => word.split(" ")[0]);
  if (new Set(names).size !== names.length || !names.every((name) => /^[a-z0-9][a-z0-9-]{0,39}$/.test(name))) throw flaw("card-value", "the short name of an approver cannot be");
}

/** @typedef {{name: string, id: Uint8Array, public: Uint8Array}} Key */
/** @param {string} word @param {boolean} [witness] @returns {Key} */
function readKey(word, witness = false) {
  const match = KEY.exec(word);
  const key = match && unbase64(match[3]);
  const kinds = witness ? [ED25519, COSIGNATURE, MLDSA44] : [ED25519];
  const length = key?.[0] === MLDSA44 ? 1313 : 33;
  if (!match || !key || key.length !== length || !kinds.includes(key[0])) throw flaw("card-key", `“${word.slice(0, 40)}” is no key`);
  const id = sha256(concat(utf8(`${match[1]}\n`), key)).subarray(0, 4);
  if (match[2] !== Array.from(id, (byte) => byte.toString(16).padStart(2, "0")).join("")) {
    throw flaw("card-key", "a key does not have the number it says");
  }
  return { name: match[1], id, public: key.subarray(1) };
}

/** @param {string} text @param {ReturnType<typeof readSignature>[]} signatures @param {Key} key */
function verify(text, signatures, key) {
  const mine = signatures.filter((one) => one.name === key.name && equal(one.id, key.id));
  if (!mine.length || !mine.every((one) => holds(key.public, one.value, utf8(text)))) {
    throw new Flaw(
      "card-signature",
      "this card was altered or damaged: its signature does not fit",
      "Do not use it; get the card again from the newsroom and compare its 12 words.",
    );
  }
}

/** @param {Uint8Array} key @param {Uint8Array} signature @param {Uint8Array} message */
function holds(key, signature, message) {
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}

/** @param {string} word @returns {Uint8Array | null} */
function unbase64(word) {
  try {
    const value = base64.decode(word);
    return base64.encode(value) === word ? value : null;
  } catch {
    return null;
  }
}

/** @param {string} word */
function decimal(word) {
  if (!/^(0|[1-9][0-9]{0,18})$/.test(word)) throw flaw("card-value", `“${word.slice(0, 40)}” is not a plain number`);
  return Number(word);
}

/** @param {string} word */
function instant(word) {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(word) ? Date.parse(word) : NaN;
  if (Number.isNaN(time) || `${new Date(time).toISOString().slice(0, 19)}Z` !== word) throw flaw("card-value", `“${word.slice(0, 40)}” is no time`);
  return time / 1000;
}

/** @param {string} code @param {string} what */
function flaw(code, what) {
  return new Flaw(code, `this is no whole card: ${what}`, "Get the card again from the newsroom and compare its 12 words.");
}
