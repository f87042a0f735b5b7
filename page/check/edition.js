/**
 * Check an edition with nothing but its files: what is proven, what is only the newsroom's word, what is neither.
 *
 * It names every fault, not the first, and gives values, no words (findings.js). It needs no network and no clock it trusts. Files
 * are read one after another, in slices. The steps are numbered in docs/spec/edition.md, "Verifying"; the same as wire/verify.py.
 */
import { hex } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { makeSha256 } from "../hash.js";
import { approvers } from "./approvals.js";
import { Files, Findings } from "./findings.js";
import * as list from "./list.js";
import * as onpictures from "./onpictures.js";
import * as onrecord from "./onrecord.js";
import { readCard } from "./room.js";
import { MAX_NOTE, readNote, verifyNote } from "./signednote.js";
import { instant } from "./text.js";

/** @typedef {import("./list.js").Edition} Edition */
/** @typedef {ReturnType<typeof readCard>} Card */
/**
 * @typedef {{now: number, judge: onpictures.Judge, words?: bigint, against?: Map<string, Blob>, progress?: (done: number, total: number, path: string) => void}} Options
 *   seconds since 1970, for ages alone; what checks a picture (sidecar.js, checkFiles); the 12 words of the card, from elsewhere (room.js, readWords); another copy of the record (onrecord.js, compare)
 */

const MAX_CARD = 65_536;
const SLICE = 4 << 20;
// Small files are asked for some at a time: a browser takes milliseconds to begin with one.
const [SMALL, AHEAD] = [256 << 10, 32];
const DAY = 86_400;
const STORY = /^(?:stories\/([^/]+)\/index\.html|approvals\/([^/]+)\.txt)$/;

/**
 * Check a whole edition. Whatever is wrong is a finding; nothing is thrown for it.
 * @param {Map<string, Blob>} given every file by its path inside the edition @param {Options} options
 * @returns {Promise<{findings: import("./findings.js").Finding[], evidence: Uint8Array[]}>}
 */
export async function checkEdition(given, options) {
  const found = new Findings();
  const files = new Files(given, found);
  const card = await openCard(files, options);
  const listed = await openList(files, card);
  let evidence = /** @type {Uint8Array[]} */ ([]);
  if (listed) {
    const progress = options.progress ?? (() => {});
    await holdFiles(files, listed.made, listed.signed, progress);
    if (card) {
      evidence = await record(files, card, listed, options);
      await onpictures.check(files, card, listed.made, listed.signed, options.judge, (path) => progress(1, 1, path));
      await approvals(files, card, listed.made);
    }
    onpictures.attested(files, listed.made);
  }
  found.add("unproven", "edition-truth");
  found.add("unproven", "edition-newest");
  return { findings: found.all(), evidence };
}

/** @param {Files} files @param {Options} options @returns {Promise<Card | null>} */
async function openCard(files, { words, now }) {
  const { found } = files;
  const raw = await files.must("edition-no-card", list.CARD, MAX_CARD + 1);
  if (!raw) return null;
  let card;
  try {
    card = readCard(raw);
  } catch (error) {
    if (!(error instanceof Flaw)) throw error;
    found.fault(error.code, list.CARD, { flaw: error.code }, error.code === "card-signature" ? "edition-card-false" : "edition-card-damaged");
    return null;
  }
  const spoken = card.words.join(" ");
  if (words === undefined) found.add("unproven", "edition-card-words", { name: card.name, words: spoken });
  else if (words === card.fingerprint) found.add("proven", "edition-card-known", { name: card.name });
  else found.fault("edition-other-card", list.CARD, { words: spoken });
  if (now > card.notAfter) found.add("stated", "edition-card-expired", { day: instant(card.notAfter).slice(0, 10) });
  return card;
}

/** Read the list and say whether its signature is true; where it is not, the files are held against it all the same. @param {Files} files @param {Card | null} card */
async function openList(files, card) {
  const { found } = files;
  const raw = await files.must("edition-no-list", list.LIST, list.MAX_LIST + 1);
  if (!raw) return null;
  let signed = false;
  if (card) {
    try {
      verifyNote(raw, [card.edition], list.MAX_LIST);
      signed = true;
    } catch (error) {
      if (!flawed(found, list.LIST, error, "edition-list")) return null;
    }
  }
  try {
    const { text } = readNote(raw, list.MAX_LIST);
    const made = list.readText(text);
    if (card && signed) found.add("proven", "edition-list-signed", { count: made.files.length, name: card.name });
    return { made, text, signed };
  } catch (error) {
    flawed(found, list.LIST, error, "edition-list");
    return null;
  }
}

/** Take what a reader of notes threw; true where the note can be read all the same. @param {Findings} found @param {string} where @param {unknown} error @param {string} say */
function flawed(found, where, error, say) {
  if (!(error instanceof Flaw)) throw error;
  const kind = { "note-forged": "forged", "note-unsigned": "unsigned" }[error.code];
  found.fault(error.code, where, { flaw: error.code }, `${say}-${kind ?? "damaged"}`);
  return kind !== undefined;
}

/** @param {Files} files @param {Edition} made @param {boolean} signed @param {NonNullable<Options["progress"]>} progress */
async function holdFiles({ files, found }, made, signed, progress) {
  const listed = new Set(made.files.map(({ path }) => path));
  if (!listed.has(list.CARD)) found.fault("edition-card-unlisted", list.CARD);
  const strangers = [...files.keys()].filter((path) => !listed.has(path)).sort();
  const folded = new Map(strangers.map((path) => [path.toLowerCase(), path]));
  const hasher = await makeSha256();
  let whole = 0;
  let done = 0;
  const total = made.files.reduce((sum, { path }) => sum + (files.get(path)?.size ?? 0), 0);
  const ahead = readAhead(made.files.map(({ path }) => files.get(path)));
  for (const one of made.files) {
    const held = files.get(one.path);
    const twin = folded.get(one.path.toLowerCase());
    const early = ahead.next().value;
    if (!held) found.fault("edition-missing", one.path, twin === undefined ? {} : { twin }, twin === undefined ? "edition-missing" : "edition-missing-twin");
    else if (await same(held, one, early, hasher, found, (bytes) => progress((done += bytes), total, one.path))) whole += 1;
  }
  for (const path of strangers) if (path !== list.LIST && !path.startsWith(list.LOG)) found.fault("edition-added", path);
  if (!signed) found.add("unproven", "edition-files-doubt");
  else if (whole) found.add("proven", "edition-files-same", { whole, count: made.files.length });
}

/** For each file the reading of it that has begun already; null of those that are large or not there. @param {(Blob | undefined)[]} all @returns {Generator<Promise<ArrayBuffer> | null, null>} */
function* readAhead(all) {
  /** @type {(Promise<ArrayBuffer> | null)[]} */
  const begun = [];
  for (const file of all) {
    const reading = file && file.size <= SMALL ? file.arrayBuffer() : null;
    // Where it fails, whoever waits for it is told; nobody else.
    reading?.catch(() => {});
    begun.push(reading);
    if (begun.length > AHEAD) yield begun.shift() ?? null;
  }
  for (const reading of begun) yield reading;
  return null;
}

/** @param {Blob} held @param {import("./list.js").Listed} listed @param {Promise<ArrayBuffer> | null} early @param {import("../hash.js").Hasher} hasher @param {Findings} found @param {(bytes: number) => void} progress */
async function same(held, { path, size, sha256 }, early, hasher, found, progress) {
  let right = BigInt(held.size) === size;
  if (right) {
    hasher.begin();
    try {
      for (let at = 0; at < held.size; at += SLICE) {
        const slice = new Uint8Array(await (early ?? held.slice(at, at + SLICE).arrayBuffer()));
        hasher.update(slice);
        progress(slice.length);
      }
    } catch {
      found.fault("edition-unreadable", path);
      return false;
    }
    right = hex(hasher.end()) === sha256;
  }
  if (!right) found.fault("edition-altered", path, { size: held.size, was: String(size) }, BigInt(held.size) === size ? "edition-altered" : "edition-altered-size");
  return right;
}

/** @param {Files} files @param {Card} card @param {{made: Edition, text: string, signed: boolean}} listed @param {Options} options */
async function record(files, card, { made, text, signed }, { now, against }) {
  const { found } = files;
  const reader = await onrecord.check(files, card.log, made, text);
  const seen = !!reader && (await onrecord.confirmed(files, card.witnesses, reader.raw, signed ? made.files : [], now));
  const params = { number: made.number, time: instant(made.made) };
  if (made.made > now) found.add("stated", "edition-made-ahead", params);
  else found.add("stated", "edition-made", { ...params, days: Math.floor((now - made.made) / DAY) });
  if (!seen) found.add("stated", "edition-made-alone");
  if (made.made > card.notAfter) found.add("stated", "edition-made-late");
  if (!against) return [];
  if (reader) return onrecord.compare(found, reader, card.log, against);
  found.fault("against-nothing", list.LOG);
  return [];
}

/** @param {Files} files @param {Card} card @param {Edition} made */
async function approvals(files, card, made) {
  const matches = made.files.map(({ path }) => STORY.exec(path)).filter((match) => match !== null);
  for (const story of [...new Set(matches.map((match) => match[1] ?? match[2]))].sort()) {
    const path = `approvals/${story}.txt`;
    const raw = await files.must("approval-none", path, MAX_NOTE + 1);
    if (raw) approved(files.found, card, story, path, raw);
  }
  if (matches.length && card.approvals === 1) files.found.add("stated", "edition-solo");
  if (matches.some((match) => match[1])) files.found.add("unproven", "edition-manuscript");
}

/** @param {Findings} found @param {Card} card @param {string} story @param {string} path @param {Uint8Array} raw */
function approved(found, card, story, path, raw) {
  let told, names;
  try {
    [told, names] = approvers(raw, card.approvers);
  } catch (error) {
    flawed(found, path, error, "edition-approval");
    return;
  }
  if (told.story !== story) found.fault("approval-other", path, { story, other: told.story });
  else if (names.length < card.approvals) found.fault("edition-approvals", path, { story, count: names.length, wanted: card.approvals });
  else found.add("proven", names.length === 1 ? "edition-approved-solo" : "edition-approved", { story, version: String(told.version), count: names.length, names: names.join(", ") });
}
