/**
 * Public entries: what one line of the public record says, read strictly, and whether they stand in their order.
 *
 * The format, and the rules of slots, are docs/spec/entry.md. It does NOT know how a log is kept (record.js).
 */
import { concat, latin, utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { sha256 } from "../hash.js";
import { decimal, readInstant, unbase64 } from "./text.js";

/** @typedef {{number: number, seconds: number, start: number, end: number}} Slot */
/**
 * One of both kinds: a batch has slot, missed and root, the others a textHash.
 * @typedef {{kind: string, sequence: number, slot?: Slot, missed?: number, root?: Uint8Array, textHash?: Uint8Array}} Entry
 */

const SPEC = "tamizdat-entry-v1";
const BATCH = "batch";
const KINDS = ["edition", "correction", "withdrawal", "key"];
const MAX_LENGTH = 512;
export const MAX_NUMBER = Number.MAX_SAFE_INTEGER;
const DAY = 86_400;
/** The last slot ends before the year 10000. */
export const MAX_TIME = 253_402_300_800;

/** @param {Uint8Array} raw @returns {Entry} */
export function readEntry(raw) {
  if (raw.length > MAX_LENGTH) throw flaw("entry-length", `it is ${raw.length} bytes long, more than ${MAX_LENGTH}`);
  const text = latin(raw);
  const lines = text.split("\n");
  // eslint-disable-next-line no-control-regex
  if (!/^[\x00-\x7f]*$/.test(text) || lines.length < 2) throw flaw(text.startsWith(SPEC) ? "entry-line" : "entry-magic", "it is not lines of ASCII");
  if (lines.shift() !== SPEC) throw flaw("entry-magic", `it does not begin with ${SPEC}`);
  if (lines.pop()) throw flaw("entry-line", "its last line is cut off");
  const kind = field(lines, 0, "kind");
  if (kind !== BATCH && !KINDS.includes(kind)) throw flaw("entry-kind", `“${kind.slice(0, 40)}” is no kind of entry that is known here`);
  const names = kind === BATCH ? ["kind", "sequence", "slot", "missed", "root"] : ["kind", "sequence", "text-hash"];
  if (lines.length !== names.length) throw flaw("entry-line", `a ${kind} entry has ${names.length} fields, this one ${lines.length}`);
  const values = names.map((name, number) => field(lines, number, name));
  const sequence = number("sequence", values[1]);
  if (kind !== BATCH) return bounded({ kind, sequence: Number(sequence), textHash: hash(values[2]) }, sequence, 0n);
  const [slot, missed] = [readSlot(values[2]), number("missed", values[3])];
  return bounded({ kind, sequence: Number(sequence), slot, missed: Number(missed), root: hash(values[4]) }, sequence, missed);
}

/** Hash a text for its entry. @param {Uint8Array} salt 32 bytes @param {Uint8Array} text @returns {Uint8Array} */
export const textHash = (salt, text) => sha256(concat(utf8("tamizdat-entry-text-v1\n"), salt, text));

/** Reads all entries of a log, oldest first, and tells of every one that is malformed, out of sequence or out of time. */
export class Order {
  constructor() {
    /** @type {{number: number, code: string, what: string}[]} */
    this.faults = [];
    this.count = 0;
    this.sequences = new Map([BATCH, ...KINDS].map((kind) => [kind, 0]));
    /** @type {Slot | null} */
    this.last = null;
  }

  /** @param {Uint8Array} raw */
  take(raw) {
    const number = this.count++;
    /** @type {(code: string, what: string) => void} */
    const fault = (code, what) => void this.faults.push({ number, code, what });
    let found;
    try {
      found = readEntry(raw);
    } catch (error) {
      if (!(error instanceof Flaw)) throw error;
      return fault(error.code, error.message);
    }
    const due = (this.sequences.get(found.kind) ?? 0) + 1;
    if (found.sequence !== due) fault("entry-order", `it is ${found.kind} ${found.sequence}, where ${due} is due`);
    this.sequences.set(found.kind, found.sequence);
    if (!found.slot) return;
    const last = this.last;
    if (last && found.slot.start < last.end) fault("entry-order", "its slot lies before the end of the last");
    else if (last && found.missed !== Math.floor((found.slot.start - last.end) / found.slot.seconds)) fault("entry-order", `it says that ${found.missed} slots were missed: not so`);
    this.last = found.slot;
  }
}

/**
 * The lines of kind "key" seen on the way through a record: how many, which is the newest, and when the slot of the last batch before
 * it began (null where none was seen). The same as record/keylines.py.
 */
export class KeyLines {
  constructor() {
    this.count = 0;
    this.newest = 0n;
    /** @type {number | null} */
    this.since = null;
    /** @type {number | null} */
    this.slot = null;
  }

  /** One that cannot be read is somebody else's to name. @param {bigint} number @param {Uint8Array} raw */
  take(number, raw) {
    let found;
    try {
      found = readEntry(raw);
    } catch (error) {
      if (!(error instanceof Flaw)) throw error;
      return;
    }
    if (found.slot) this.slot = found.slot.start;
    else if (found.kind === "key") [this.count, this.newest, this.since] = [this.count + 1, number, this.slot];
  }
}

/** @param {Iterable<Uint8Array>} entries */
export function checkOrder(entries) {
  const order = new Order();
  for (const raw of entries) order.take(raw);
  return order.faults;
}

/** @param {string[]} lines @param {number} number @param {string} name */
function field(lines, number, name) {
  const line = lines[number] ?? "";
  if (!line.startsWith(`${name}: `)) throw flaw("entry-line", `line ${number + 2} is “${line.slice(0, 40)}”, not the field “${name}”`);
  return line.slice(name.length + 2);
}

/** @param {string} name @param {string} word */
function number(name, word) {
  try {
    return decimal(word);
  } catch (error) {
    throw flaw("entry-number", `${name}: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {string} words @returns {Slot} */
function readSlot(words) {
  const space = words.indexOf(" ");
  const [word, length] = space < 0 ? [words, ""] : [words.slice(0, space), words.slice(space + 1)];
  let start, seconds;
  try {
    [start, seconds] = [readInstant(word), Number(decimal(length))];
  } catch (error) {
    throw flaw("entry-slot", /** @type {Error} */ (error).message);
  }
  const end = start + seconds;
  if (seconds < 1 || seconds > 366 * DAY || start < 0 || start % seconds || end > MAX_TIME) throw flaw("entry-slot", `no slot of ${seconds} seconds begins at ${word}`);
  return { number: start / seconds, seconds, start, end };
}

/** @param {string} word */
function hash(word) {
  try {
    return unbase64(word, 32);
  } catch (error) {
    throw flaw("entry-hash", /** @type {Error} */ (error).message);
  }
}

/** @param {Entry} entry @param {bigint} sequence as it was read, before a Number rounds it @param {bigint} missed @returns {Entry} */
function bounded(entry, sequence, missed) {
  const most = BigInt(MAX_NUMBER);
  if (sequence < 1n || sequence > most || missed > most) throw flaw("entry-number", `entry ${sequence} after ${missed} slots cannot be`);
  if (entry.slot && missed > BigInt(entry.slot.number)) throw flaw("entry-number", `${missed} slots cannot have been missed before slot ${entry.slot.number}`);
  return entry;
}

/** @param {string} code @param {string} what */
const flaw = (code, what) => new Flaw(code, what, "Get the log anew from the newsroom or another mirror.");
