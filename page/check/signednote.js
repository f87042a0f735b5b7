/**
 * Signed notes (c2sp.org/signed-note) and checkpoints (c2sp.org/tlog-checkpoint): read strictly, believed by key.
 *
 * Three kinds of keys are verified: plain Ed25519 (1), and cosignatures with a time by Ed25519 (4) and by ML-DSA-44 (6,
 * c2sp.org/tlog-cosignature). What a text means is not known here. Flaws: docs/spec/entry.md, "Notes".
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";
import { concat, equal, hex, utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { sha256 } from "../hash.js";
import { EMPTY } from "./merkle.js";
import { decimal, unbase64 } from "./text.js";

/** @typedef {{name: string, id: Uint8Array, kind: number, public: Uint8Array, vkey: string}} Key */
/** @typedef {{name: string, id: Uint8Array, value: Uint8Array}} Line */
/** @typedef {Line & {key: Key, time: number}} Signature the time is 0 for plain keys */
/** @typedef {{origin: string, size: bigint, root: Uint8Array, extensions: string[]}} Checkpoint */

export const [ED25519, COSIGNATURE, MLDSA44] = [1, 4, 6];
export const MAX_NOTE = 1 << 20;
const MAX_SIGNATURES = 100;
const MAX_TIME = (1n << 63n) - 1n;
const MAX_SIZE = (1n << 63n) - 1n;
/** @type {Record<number, number>} */
const LENGTHS = { [ED25519]: 32, [COSIGNATURE]: 32, [MLDSA44]: 1312 };
const DASH = "\u2014 ";
const CONTROL = /[\x00-\x09\x0b-\x1f]/; // eslint-disable-line no-control-regex
// What Python counts as a space, and not one letter more or less.
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/; // eslint-disable-line no-control-regex

/** Read a note; nothing is verified. @param {Uint8Array} raw @param {number} [most] bytes @returns {{text: string, signatures: Line[]}} */
export function readNote(raw, most = MAX_NOTE) {
  if (raw.length > most) throw flaw("note-length", `it is longer than ${most} bytes`);
  let whole;
  try {
    whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    throw flaw("note-text", "it is not UTF-8");
  }
  // The last empty line parts text and signatures.
  const parted = whole.lastIndexOf("\n\n");
  if (parted < 0 || !whole.endsWith("\n") || parted + 2 === whole.length) throw flaw("note-signatures", "no signatures stand after an empty line");
  const lines = whole.slice(parted + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw flaw("note-signatures", `more than ${MAX_SIGNATURES} signatures stand under it`);
  const signatures = lines.map(readLine);
  const text = whole.slice(0, parted + 1);
  if (CONTROL.test(text)) throw flaw("note-text", "the text has control characters in it");
  return { text, signatures };
}

/** @param {string} line @returns {Line} */
function readLine(line) {
  const space = line.indexOf(" ", DASH.length);
  if (!line.startsWith(DASH) || space < 0) throw flaw("note-signature-line", `“${line.slice(0, 40)}” is not a signature`);
  const name = line.slice(DASH.length, space);
  let value;
  try {
    value = unbase64(line.slice(space + 1));
  } catch {
    throw flaw("note-signature-line", `the signature of “${name.slice(0, 40)}” is not base64`);
  }
  checkName(name);
  if (value.length < 5) throw flaw("note-signature-line", `the signature of “${name.slice(0, 40)}” is too short`);
  return { name, id: value.slice(0, 4), value: value.slice(4) };
}

/** Read a public key from its one word. @param {string} vkey @returns {Key} */
export function readKey(vkey) {
  const [name, number, word] = part(vkey);
  let key = new Uint8Array();
  try {
    key = unbase64(word);
  } catch {
    // It has no bytes, and is refused with those that have none.
  }
  if (!/^[0-9a-f]{8}$/.test(number) || !key.length) throw flaw("note-key", "it is not a key of the form NAME+NUMBER+KEY");
  checkName(name);
  if (LENGTHS[key[0]] !== key.length - 1) throw flaw("note-key", `the key of “${name.slice(0, 40)}” is of a kind (${key[0]}) that is not known here`);
  const id = sha256(concat(utf8(`${name}\n`), key)).slice(0, 4);
  if (hex(id) !== number) throw flaw("note-key", `the key of “${name.slice(0, 40)}” does not have the number it says`);
  return { name, id, kind: key[0], public: key.slice(1), vkey };
}

/** @param {string} vkey @returns {string[]} name, number, and all that follows */
function part(vkey) {
  const first = vkey.indexOf("+");
  const second = vkey.indexOf("+", first + 1);
  return first < 0 || second < 0 ? [vkey, "", ""] : [vkey.slice(0, first), vkey.slice(first + 1, second), vkey.slice(second + 1)];
}

/**
 * Read a note, and give it back with only those signatures that *keys* made, the first of each key.
 * Signatures of other keys are ignored; one false signature of a known key refuses the whole note.
 * @param {Uint8Array} raw @param {Key[]} keys @param {number} [most] bytes @returns {{text: string, signatures: Signature[]}}
 */
export function verifyNote(raw, keys, most = MAX_NOTE) {
  const { text, signatures } = readNote(raw, most);
  /** @type {Map<string, Signature>} */
  const good = new Map();
  for (const line of signatures) {
    for (const key of keys) {
      if (line.name !== key.name || !equal(line.id, key.id)) continue;
      if (!holds(text, line, key)) {
        throw flaw("note-forged", `the signature of “${key.name}” is false: the text or the signature was altered`, "Do not believe it; get it anew from where it was published.");
      }
      if (!good.has(key.vkey)) good.set(key.vkey, { ...line, key, time: key.kind === ED25519 ? 0 : Number(timeOf(line)) });
    }
  }
  if (!good.size) {
    const names = [...new Set(keys.map(({ name }) => name))].sort().join(", ");
    throw flaw("note-unsigned", `it is not signed by ${names || "nobody"}`, "Check that you have the right file, and the right key to check it with.");
  }
  return { text, signatures: [...good.values()] };
}

/** @param {string} text @param {Line} line @param {Key} key */
function holds(text, line, key) {
  try {
    if (key.kind === ED25519) return ed25519.verify(line.value, utf8(text), key.public, { zip215: false });
    const time = timeOf(line);
    if (time < 1n || time > MAX_TIME) return false;
    const value = line.value.subarray(8);
    if (key.kind === COSIGNATURE) return ed25519.verify(value, utf8(`cosignature/v1\ntime ${time}\n${text}`), key.public, { zip215: false });
    return ml_dsa44.verify(value, subtree(key.name, time, text), key.public);
  } catch {
    // A signature or a key that is none, or a text that is no checkpoint.
    return false;
  }
}

/** @param {Line} line @returns {bigint} */
const timeOf = (line) => line.value.subarray(0, 8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** What an ML-DSA-44 cosigner signs of a checkpoint. @param {string} name @param {bigint} time @param {string} text @returns {Uint8Array} */
function subtree(name, time, text) {
  const [origin, size = "", root = ""] = text.split("\n");
  const [cosigner, log] = [utf8(name), utf8(origin)];
  if (![cosigner, log].every(({ length }) => length >= 1 && length <= 255)) throw new Error("a name in a cosigned checkpoint has 1 to 255 bytes");
  const numbers = new DataView(new ArrayBuffer(24));
  numbers.setBigUint64(0, time);
  numbers.setBigUint64(16, decimal(size));
  const [when, range] = [new Uint8Array(numbers.buffer, 0, 8), new Uint8Array(numbers.buffer, 8, 16)];
  return concat(utf8("subtree/v1\n\0"), new Uint8Array([cosigner.length]), cosigner, when, new Uint8Array([log.length]), log, range, unbase64(root, 32));
}

/** Read what a log says of itself. @param {string} text @returns {Checkpoint} */
export function readCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.length < 4 || lines.pop()) throw broken("it has fewer than three whole lines");
  let size, root;
  try {
    [size, root] = [decimal(lines[1]), unbase64(lines[2], 32)];
  } catch (error) {
    throw broken(/** @type {Error} */ (error).message);
  }
  if (!lines.every(Boolean)) throw broken("a line of the checkpoint is empty");
  if (size > MAX_SIZE) throw broken(`a log cannot have ${size} entries`);
  if (size === 0n && !equal(root, EMPTY)) throw broken("the root is not that of an empty log");
  return { origin: lines[0], size, root, extensions: lines.slice(3) };
}

/** Read a checkpoint that one of *keys* signed; of the log *origin*, where one is named. @param {Uint8Array} raw @param {Key[]} keys @param {string} [origin] @returns {Checkpoint} */
export function verifyCheckpoint(raw, keys, origin) {
  const head = readCheckpoint(verifyNote(raw, keys).text);
  if (origin !== undefined && head.origin !== origin) {
    throw flaw("checkpoint-origin", `it is a checkpoint of “${head.origin}”, not of “${origin}”`, "Get the checkpoint of the right log.");
  }
  return head;
}

/** @param {string} name */
function checkName(name) {
  if (!name || name.includes("+") || SPACE.test(name) || CONTROL.test(name)) throw flaw("note-name", `“${name.slice(0, 40)}” is not the name of a key`);
}

/** @param {string} what */
const broken = (what) => new Flaw("checkpoint", what, "Get the checkpoint anew from the newsroom or a mirror.");

/** @param {string} code @param {string} what @param {string} [mend] */
const flaw = (code, what, mend = "Get the file anew from where it was published.") => new Flaw(code, what, mend);
