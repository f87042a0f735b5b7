/**
 * The public record that travels in an edition, checked, and held against another copy of it. The same as wire/onrecord.py.
 *
 * It is NOT a proof that a newsroom shows everybody the same record: that takes another copy, or outside witnesses.
 * The steps are numbered in docs/spec/edition.md, "Verifying".
 */
import { equal, hex, latin, utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { sha256 } from "../hash.js";
import { KeyLines, MAX_TIME, Order, readEntry, textHash } from "./entries.js";
import { Files } from "./findings.js";
import { LIST, LOG } from "./list.js";
import { NONE, readPolicy } from "./policy.js";
import { CHECKPOINT, LogReader, readLog } from "./record.js";
import { complete, stamped } from "./sidecar.js";
import { ED25519, MAX_NOTE, readCheckpoint, readNote, verifyNote } from "./signednote.js";
import { endOf, readName } from "./tiles.js";
import { instant } from "./text.js";
import { fingerprint, ownName, readPem } from "./x509.js";

/** @typedef {import("./findings.js").Findings} Findings */
/** @typedef {import("./list.js").Edition} Edition */
/** @typedef {import("./signednote.js").Key} Key */

export const OTHER = "other";
const HEAD = LOG + CHECKPOINT;
const POLICY = "policy.txt";
const AUTHORITY = /^authorities\/([a-z0-9][a-z0-9-]{0,39})\.pem$/;
const [MAX_SMALL, MAX_STAMP] = [1 << 20, 1 << 20];
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
  const keys = new KeyLines();
  const whole = await isWhole(files, reader, made, keys);
  const stands = await onRecord(found, reader, made, body);
  if (signed && whole && stands) found.add("proven", "edition-on-record", { entry: made.entry, size: String(size) });
  if (signed) tellKeys(found, keys);
  return signed ? reader : null;
}

/**
 * Say who else confirms this state of the record, and whether anybody does: outside witnesses by the policy on the signed list, or where
 * there is none each for itself; time authorities by the roots on the signed list.
 * @param {Files} files @param {Key[]} known the outside witnesses on the card @param {Uint8Array} raw
 * @param {Edition["files"]} listed none where the list's signature is false @param {number} now
 */
export async function confirmed(files, known, raw, listed, now) {
  const { found } = files;
  let rules = null;
  const held = await asSigned(files, listed, POLICY);
  try {
    rules = held && readPolicy(held);
  } catch (error) {
    if (!(error instanceof Flaw)) throw error;
    found.fault(error.code, POLICY, { flaw: error.code }, "edition-policy-damaged");
  }
  let seen = rules ? byPolicy(found, known, raw, rules) : byEach(found, known, raw);
  for (const { path } of listed) {
    const name = AUTHORITY.exec(path)?.[1];
    const roots = name && (await asSigned(files, listed, path));
    if (roots && (await byStamps(files, name, roots, raw, now))) seen = true;
  }
  return seen;
}

/** A small file as it was signed; null where it is not so, which was named already. @param {Files} files @param {Edition["files"]} listed @param {string} path */
async function asSigned(files, listed, path) {
  const file = listed.find((one) => one.path === path);
  const held = file && (await files.read(path, MAX_SMALL + 1));
  return held && hex(sha256(held)) === file.sha256 ? held : null;
}

/** @param {Findings} found @param {Key[]} known @param {Uint8Array} raw */
function byEach(found, known, raw) {
  const seen = [];
  for (const key of known) {
    const time = signed(raw, key);
    if (time === "forged") found.fault("edition-witness", HEAD, { name: key.name });
    // A time beyond what dates can be written in is nobody's.
    else if (time !== null) seen.push(key.kind !== ED25519 && time < MAX_TIME ? `${key.name} (${instant(time)})` : key.name);
  }
  if (seen.length) found.add("proven", "edition-witnessed", { names: seen.join(", ") });
  else if (known.length) found.add("stated", "edition-unwitnessed", { count: known.length });
  else found.add("stated", "edition-no-witnesses");
  return seen.length > 0;
}

/** @param {Findings} found @param {Key[]} known @param {Uint8Array} raw @param {import("./policy.js").Policy} rules */
function byPolicy(found, known, raw, rules) {
  const own = new Set(known.map(({ vkey }) => vkey));
  /** @type {Map<string, number>} */
  const times = new Map();
  const strangers = new Set();
  for (const [word, key] of rules.witnesses) {
    if (!own.has(key.vkey)) {
      strangers.add(key.name);
      continue;
    }
    const time = signed(raw, key);
    if (time === "forged") found.fault("edition-witness", HEAD, { name: key.name });
    else if (time !== null && time < MAX_TIME) times.set(word, time);
  }
  if (strangers.size) found.add("unproven", "edition-witness-not-on-card", { names: [...strangers].join(", ") });
  const since = rules.quorum === NONE ? null : complete(rules, times);
  const counted = [...times].filter(([, time]) => since === null || time <= since);
  const names = [...new Set(counted.map(([word]) => rules.witnesses.get(word)?.name))];
  if (since !== null) found.add("proven", "edition-quorum", { names: names.join(", "), time: instant(since) });
  else if (rules.quorum !== NONE) found.add("unproven", "edition-quorum-missing", { count: names.length });
  else found.add("stated", "edition-no-witnesses");
  return since !== null;
}

/** When a key signed; null where it did not. @param {Uint8Array} raw @param {Key} key @returns {number | "forged" | null} */
function signed(raw, key) {
  try {
    return verifyNote(raw, [key]).signatures[0].time;
  } catch (error) {
    if (!(error instanceof Flaw)) throw error;
    return error.code === "note-forged" ? "forged" : null;
  }
}

/** @param {Files} files @param {string} name @param {Uint8Array} pem @param {Uint8Array} raw @param {number} now */
async function byStamps(files, name, pem, raw, now) {
  const { found } = files;
  const base = LOG + stampName(raw, name);
  const responses = [];
  for (;;) {
    const held = await files.read(responses.length ? `${base}.${responses.length + 1}` : base, MAX_STAMP);
    if (!held) break;
    responses.push(held);
  }
  if (!responses.length) {
    found.add("stated", "edition-unstamped", { name });
    return false;
  }
  let first, last;
  try {
    const roots = readPem(latin(pem));
    let data = utf8(readNote(raw).text);
    for (const response of responses) {
      last = stamped(response, data, roots);
      first ??= last;
      data = response;
    }
  } catch {
    found.fault("edition-stamp", base, { name });
    return false;
  }
  found.add("proven", "edition-stamped", { name, time: instant(first.time), root: ownName(first.root), fingerprint: fingerprint(first.root) });
  if (now > last.until) found.add("unproven", "edition-stamp-old", { name });
  return true;
}

/** The file of a stamp over this state of the record, within the record's folder. @param {Uint8Array} raw @param {string} authority */
const stampName = (raw, authority) => `stamps/${hex(sha256(utf8(readNote(raw).text))).slice(0, 32)}/${authority}.tsr`;

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
  await tellNewKeys(found, longer, old.head.size);
  return [];
}

/** Say how many lines of kind "key" there are; nothing where there is none. @param {Findings} found @param {KeyLines} keys */
function tellKeys(found, { count, newest, since }) {
  if (!count) return;
  const params = { count, line: String(newest) };
  if (since === null) found.add("stated", "edition-keys", params);
  else found.add("stated", "edition-keys", { ...params, time: instant(since) }, "edition-keys-dated");
}

/** Say how many came between two public records, and whether all that came could be read. @param {Findings} found @param {LogReader} longer @param {bigint} from */
async function tellNewKeys(found, longer, from) {
  const keys = new KeyLines();
  try {
    for await (const raw of longer.entries(from)) keys.take(from++, raw);
  } catch {
    found.add("unproven", "edition-keys-unread");
  }
  if (keys.count) found.add("stated", "edition-keys-new", { count: keys.count, line: String(keys.newest) });
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

/** @param {Files} files @param {LogReader} reader @param {Edition} made @param {KeyLines} keys gets the entries of a whole record */
async function isWhole(files, reader, made, keys) {
  const { found } = files;
  const before = found.faults;
  const names = [...files.files.keys()].filter((path) => path.startsWith(LOG)).map((path) => path.slice(LOG.length)).sort();
  const stamps = stampNames(new Set(names), reader.raw, made);
  for (const name of names) {
    const tile = readName(name);
    const stray = tile ? endOf(tile) > reader.head.size : name !== CHECKPOINT && !name.startsWith("tile/") && !stamps.has(name);
    if (stray) found.fault("edition-added", LOG + name);
  }
  // Whoever signs for more entries than could be here must not keep us busy looking for them.
  if ((reader.head.size + 255n) / 256n > BigInt(names.length)) {
    found.fault("edition-record-short", LOG, { size: String(reader.head.size) });
    return false;
  }
  const [order, seen] = [new Order(), new KeyLines()];
  let number = 0n;
  const below = names.filter((name) => name === "tile" || name.startsWith("tile/"));
  const faults = await reader.checkAll(below, (entries) => entries.forEach((entry) => (order.take(entry), seen.take(number++, entry))));
  for (const { code, where, gone } of faults) found.fault(code, LOG + where, {}, SAY[code] ?? (gone ? "edition-record-gone" : "edition-record-altered"));
  // Only what is known to be right.
  if (!faults.length) Object.assign(keys, seen);
  if (!faults.length) for (const { code, number } of order.faults) found.fault(code, `log, entry ${number}`, { line: number }, "edition-record-order");
  return found.faults === before;
}

/** The stamps that may stand there: over this very state, by an authority on the signed list, none left out. @param {Set<string>} names @param {Uint8Array} raw @param {Edition} made */
function stampNames(names, raw, made) {
  const allowed = new Set();
  for (const { path } of made.files) {
    const authority = AUTHORITY.exec(path)?.[1];
    if (!authority) continue;
    const base = stampName(raw, authority);
    for (let name = base, number = 2; names.has(name); name = `${base}.${number++}`) allowed.add(name);
  }
  return allowed;
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
