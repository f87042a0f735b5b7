/**
 * The public record that travels in an edition, checked, and held against another copy of it. The same as wire/onrecord.py.
 *
 * It is NOT a proof that a newsroom shows everybody the same record: that takes another copy, or outside witnesses.
 * The steps are numbered in docs/spec/edition.md, "Verifying".
 */
import { equal, utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { MAX_TIME, Order, readEntry, textHash } from "./entries.js";
import { Files } from "./findings.js";
import { LIST, LOG } from "./list.js";
import { CHECKPOINT, LogReader, readLog } from "./record.js";
import { ED25519, MAX_NOTE, readCheckpoint, readNote, verifyNote } from "./signednote.js";
import { endOf, readName } from "./tiles.js";
import { instant } from "./text.js";

/** @typedef {import("./findings.js").Findings} Findings */
/** @typedef {import("./list.js").Edition} Edition */
/** @typedef {import("./signednote.js").Key} Key */

export const OTHER = "other";
const HEAD = LOG + CHECKPOINT;
/** How a fault of the record is said; whatever is not here is a file that was altered. @type {Record<string, string>} */
const SAY = {
  "log-missing": "edition-record-missing",
  "log-stray": "edition-added",
  "log-root": "edition-record-root",
  "checkpoint-origin": "edition-record-other",
  "note-forged": "edition-record-forged",
  "note-unsigned": "edition-record-unsigned",
};
const UNREAD = ["checkpoint", "note-length", "note-text", "note-signatures", "note-signature-line", "note-name"];

/**
 * Check the record in an edition, and that the edition is on it; give the record where its signature is true.
 * @param {Files} files @param {Key} key the card's log key @param {Edition} made @param {string} body the list's text
 * @returns {Promise<LogReader | null>}
 */
export async function check(files, key, made, body) {
  const { found } = files;
  const read = reading(files, LOG);
  const [reader, signed] = await open(read, found, key);
  if (!reader) return null;
  const { origin, size } = reader.head;
  if (origin !== made.origin || origin !== key.name) found.fault("edition-origin", HEAD, { card: key.name, list: made.origin, here: origin });
  const whole = await isWhole(files, reader);
  const stands = await onRecord(found, reader, made, body);
  if (signed && whole && stands) found.add("proven", "edition-on-record", { entry: made.entry, size: String(size) });
  return signed ? reader : null;
}

/** Say which outside witnesses signed the record, and whether any did. @param {Findings} found @param {Key[]} witnesses @param {Uint8Array} raw */
export function witnesses(found, witnesses, raw) {
  const seen = [];
  for (const key of witnesses) {
    try {
      const [{ time }] = verifyNote(raw, [key]).signatures;
      // A time beyond what dates can be written in is nobody's.
      seen.push(key.kind !== ED25519 && time < MAX_TIME ? `${key.name} (${instant(time)})` : key.name);
    } catch (error) {
      if (!(error instanceof Flaw)) throw error;
      if (error.code === "note-forged") found.fault("edition-witness", HEAD, { name: key.name });
    }
  }
  if (seen.length) found.add("proven", "edition-witnessed", { names: seen.join(", ") });
  else if (witnesses.length) found.add("stated", "edition-unwitnessed", { count: witnesses.length });
  else found.add("stated", "edition-no-witnesses");
  return seen.length > 0;
}

/**
 * Hold the record against another copy of it: the shorter must be the beginning of the longer.
 * @param {Findings} found @param {LogReader} mine @param {Key} key @param {Map<string, Blob>} against another edition, or its folder "log", or its file "checkpoint" alone
 * @returns {Promise<Uint8Array[]>} the evidence of a contradiction
 */
export async function compare(found, mine, key, against) {
  // What cannot be read there is no fault of this edition.
  const read = reading(new Files(against, found), against.has(HEAD) ? LOG : "", true);
  let other;
  try {
    other = await readLog(read, key, mine.head.origin);
  } catch (error) {
    found.fault("against-other", OTHER, { flaw: error instanceof Flaw ? error.code : "edition-unreadable" });
    return [];
  }
  const sizes = { mine: String(mine.head.size), other: String(other.head.size) };
  const [old, longer] = mine.head.size <= other.head.size ? [mine, other] : [other, mine];
  let continued;
  try {
    continued = await longer.continues(old);
  } catch {
    found.fault("against-incomplete", longer === other ? OTHER : LOG, sizes);
    return [];
  }
  if (!continued) {
    found.fault("against-fork", LOG, sizes);
    return [mine.raw, other.raw];
  }
  const code = other.head.size > mine.head.size ? "edition-against-newer" : other.head.size < mine.head.size ? "edition-against-older" : "edition-against-same";
  found.add("proven", code, sizes);
  return [];
}

/** @param {Files} files @param {string} prefix @param {boolean} [loud] whether what cannot be read is an error, and not as good as missing @returns {import("./tiles.js").Read} */
function reading(files, prefix, loud = false) {
  // One byte more than the limit: what is too long is seen to be, and never taken for its beginning.
  return async (name, limit) => {
    const path = prefix + name;
    if (!loud) return files.read(path, limit + 1);
    const file = files.files.get(path);
    return file ? new Uint8Array(await file.slice(0, limit + 1).arrayBuffer()) : null;
  };
}

/** Open the record; where its signature is false, all the same, so that its other faults are found too. @param {import("./tiles.js").Read} read @param {Findings} found @param {Key} key @returns {Promise<[LogReader | null, boolean]>} */
async function open(read, found, key) {
  try {
    return [await readLog(read, key), true];
  } catch (error) {
    if (!(error instanceof Flaw)) throw error;
    found.fault(error.code, HEAD, {}, UNREAD.includes(error.code) ? "edition-record-unread" : (SAY[error.code] ?? "edition-record-unread"));
    if (error.code !== "note-forged" && error.code !== "note-unsigned") return [null, false];
  }
  const raw = await read(CHECKPOINT, MAX_NOTE);
  if (!raw) return [null, false];
  try {
    return [new LogReader(read, raw, readCheckpoint(readNote(raw).text)), false];
  } catch (error) {
    if (!(error instanceof Flaw)) throw error;
    return [null, false];
  }
}

/** @param {Files} files @param {LogReader} reader */
async function isWhole(files, reader) {
  const { found } = files;
  const before = found.faults;
  const names = [...files.files.keys()].filter((path) => path.startsWith(LOG)).map((path) => path.slice(LOG.length)).sort();
  for (const name of names) {
    const tile = readName(name);
    const stray = tile ? endOf(tile) > reader.head.size : name !== CHECKPOINT && !name.startsWith("tile/");
    if (stray) found.fault("edition-added", LOG + name);
  }
  // Whoever signs for more entries than could be here must not keep us busy looking for them.
  if ((reader.head.size + 255n) / 256n > BigInt(names.length)) {
    found.fault("edition-record-short", LOG, { size: String(reader.head.size) });
    return false;
  }
  const order = new Order();
  const below = names.filter((name) => name === "tile" || name.startsWith("tile/"));
  const faults = await reader.checkAll(below, (entries) => entries.forEach((entry) => order.take(entry)));
  for (const { code, where, gone } of faults) found.fault(code, LOG + where, {}, SAY[code] ?? (gone ? "edition-record-gone" : "edition-record-altered"));
  if (!faults.length) for (const { code, number } of order.faults) found.fault(code, `log, entry ${number}`, { line: number }, "edition-record-order");
  return found.faults === before;
}

/** @param {Findings} found @param {LogReader} reader @param {Edition} made @param {string} body */
async function onRecord(found, reader, made, body) {
  if (reader.head.size <= BigInt(made.entry)) {
    found.fault("edition-rolled-back", HEAD, { size: String(reader.head.size), entry: made.entry });
    return false;
  }
  let told = null;
  try {
    told = await reader.entry(BigInt(made.entry));
  } catch (error) {
    if (!(error instanceof Flaw)) throw error;
    found.fault("edition-entry", LOG, { entry: made.entry });
    return false;
  }
  const stands = isEdition(told, made, textHash(made.salt, utf8(body)));
  if (!stands) found.fault("edition-not-on-record", LIST, { entry: made.entry });
  return stands;
}

/** @param {Uint8Array} raw @param {Edition} made @param {Uint8Array} hash */
function isEdition(raw, made, hash) {
  try {
    const entry = readEntry(raw);
    return entry.kind === "edition" && entry.sequence === made.number && !!entry.textHash && equal(entry.textHash, hash);
  } catch (error) {
    if (!(error instanceof Flaw)) throw error;
    return false;
  }
}
