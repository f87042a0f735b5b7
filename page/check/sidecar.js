/**
 * Check a picture against the proof beside it: what is proven, what the newsroom alone says, what is not proven, what is wrong.
 *
 * The same steps and the same findings as wire/sidecar.py; their words are texts/check/LANGUAGE.json. It is NOT a judge of
 * what is true. docs/spec/sidecar.md, "Verifying".
 */
import { equal, utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { sha256 } from "../hash.js";
import { findSidecar, readSidecar } from "./beside.js";
import { MAX_TIME, readEntry } from "./entries.js";
import { told } from "./items.js";
import { NONE, readPolicy, witnessed } from "./policy.js";
import { TILE } from "./proof.js";
import { isProse, verify as verifyText } from "./prose.js";
import { verify } from "./redaction.js";
import { readCard, readWords } from "./room.js";
import { readNote, verifyNote } from "./signednote.js";
import { verifyStamp } from "./stamp.js";
import { instant, rebase64 } from "./text.js";
import { readLogProof, readPlacement, verifyLogProof, verifyPlacement } from "./tlogproof.js";
import { fingerprint, ownName, readPem } from "./x509.js";

/** @typedef {"proven" | "stated" | "unproven" | "fault"} Kind */
/** @typedef {{kind: Kind, code: string, params: Record<string, string | number>}} Finding */
/** @typedef {import("./redaction.js").Verdict} Picture */
/**
 * @typedef {{findings: Finding[], verdict: "proven" | "stated" | "fault", picture: Picture | null, text: boolean}} Checked
 * *picture* where it held; whether it is a *text*
 */

/** What no proof of this kind shows, in the order of docs/spec/redaction.md; shown wherever readers look. */
export const LIMITS = [
  "limit-true", "limit-time", "limit-camera", "limit-context", "limit-union", "limit-copies",
  "limit-edge", "limit-colours", "limit-opening", "limit-maker", "limit-size", "limit-outside",
]; // prettier-ignore

/**
 * Check a picture and the proof beside it, or in it. Whatever is wrong with them is among the findings; null where there is no proof.
 * @param {Uint8Array} picture @param {Uint8Array | null} beside @param {{words?: string, now: number, progress?: (share: number) => void}} options
 * @returns {Promise<Checked | null>}
 */
export async function checkFiles(picture, beside, options) {
  try {
    const raw = beside ?? findSidecar(picture);
    return raw && (await check(picture, readSidecar(raw), options));
  } catch (error) {
    if (!(error instanceof Flaw) || !error.code.startsWith("sidecar-")) throw error;
    return { findings: [{ kind: "fault", code: error.code, params: {} }], verdict: "fault", picture: null, text: false };
  }
}

/** @param {Uint8Array} picture @param {import("./beside.js").Sidecar} sidecar @param {{words?: string, now: number, progress?: (share: number) => void}} options @returns {Promise<Checked>} */
export const check = (picture, sidecar, options) => new Check(sidecar, options.now).run(picture, options.words ? readWords(options.words) : null, options.progress);

/** One check in the making. */
class Check {
  /** @param {import("./beside.js").Sidecar} sidecar @param {number} now seconds since 1970 */
  constructor(sidecar, now) {
    this.sidecar = sidecar;
    this.now = now;
    /** @type {Record<Kind, Finding[]>} */
    this.found = { proven: [], stated: [], unproven: [], fault: [] };
    /** @type {number[]} */
    this.bounds = [];
    this.slot = "";
    this.signed = false;
  }

  /** @param {Uint8Array} picture @param {bigint | null} words @param {(share: number) => void} [progress] @returns {Promise<Checked>} */
  async run(picture, words, progress) {
    const card = this.card(words);
    const of = isProse(this.sidecar.redaction) ? "text-" : "";
    const seen = of ? this.text(picture) : await this.picture(picture, progress);
    if (card) this.record(card);
    if (this.bounds.length) {
      this.found.proven.unshift({ kind: "proven", code: `${of}unchanged-since`, params: { time: instant(Math.min(...this.bounds)) } });
    } else {
      this.found.proven.unshift({ kind: "proven", code: `${of}unchanged`, params: {} });
      this.add("stated", "date-alone");
      if (this.slot) this.add("stated", "record-date", { time: this.slot });
    }
    this.add("stated", `committed-${this.sidecar.committed}`);
    this.add("unproven", "limit-true");
    const wrong = this.found.fault.length > 0;
    // Where anything is wrong, nothing is proven.
    if (wrong) [this.found.proven, this.found.stated] = [[], []];
    const verdict = wrong ? "fault" : this.bounds.length ? "proven" : "stated";
    return { findings: Object.values(this.found).flat(), verdict, picture: seen, text: of !== "" };
  }

  /** @param {Kind} kind @param {string} code @param {Record<string, string | number>} [params] */
  add(kind, code, params = {}) {
    this.found[kind].push({ kind, code, params });
  }

  /** Steps 1 and 2: whose card it is, and that its newsroom says all this. @param {bigint | null} words */
  card(words) {
    let card;
    try {
      card = readCard(utf8(this.sidecar.card));
    } catch (error) {
      this.add("fault", "card-damaged", { flaw: flaw(error).code });
      return null;
    }
    const { name } = card;
    const spoken = card.words.join(" ");
    if (words === null) this.add("unproven", "card-unknown", { name, words: spoken });
    else if (words === card.fingerprint) this.add("proven", "card-known", { name });
    else this.add("fault", "card-other", { name, words: spoken });
    this.signed = signedBy(this.sidecar, card.edition);
    if (this.signed) this.add("proven", "signed", { name });
    else this.add("fault", "signature-false", { name });
    if (this.now > card.notAfter) this.add("stated", "card-expired", { name, day: instant(card.notAfter).slice(0, 10) });
    return card;
  }

  /** Step 3: the picture against its proof and the root. @param {Uint8Array} picture @param {(share: number) => void} [progress] */
  async picture(picture, progress) {
    let seen;
    try {
      seen = await verify(picture, this.sidecar.redaction, this.sidecar.root, progress);
    } catch (error) {
      const { code } = flaw(error);
      if (code === "codec-missing") throw error;
      if (["redaction-magic", "redaction-length", "redaction-value"].includes(code)) this.add("fault", "proof-damaged", { flaw: code });
      else if (/^(?:jpeg|png|redact)-/.test(code)) this.add("fault", "picture-damaged", { flaw: code });
      else this.add("fault", code);
      return null;
    }
    const [width, height] = seen.original;
    const whole = Math.ceil(width / TILE) * Math.ceil(height / TILE);
    const shown = seen.hidden.reduce((sum, flag) => sum + 1 - flag, 0);
    if (shown === whole) this.add("proven", "nothing-hidden");
    else this.add("proven", "hidden", { percent: Math.min(Math.ceil((100 * (whole - shown)) / whole), shown ? 99 : 100) });
    if (width !== seen.width || height !== seen.height) this.add("proven", "part", { width, height });
    for (const [name, value] of Object.entries(told(seen.items))) if (value) this.add("proven", `camera-${name}`, { value });
    if (!this.sameFile(picture)) this.add("unproven", this.sidecar.file ? "file-other" : "file-unsaid", { bytes: seen.credentials });
    return seen;
  }

  /** Step 3 of a text: the same, with words in place of squares. @param {Uint8Array} raw @returns {null} */
  text(raw) {
    try {
      const { paragraphs, words } = verifyText(raw, this.sidecar.redaction, this.sidecar.root);
      if (paragraphs || words) this.add("proven", "text-bars", { paragraphs, words });
      else this.add("proven", "text-whole");
      this.sameFile(raw);
    } catch (error) {
      this.add("fault", flaw(error).code);
    }
    return null;
  }

  /** Whether this is the very file that was published: credentials and packing could be anybody's. @param {Uint8Array} raw */
  sameFile(raw) {
    const same = this.sidecar.file !== null && equal(sha256(raw), this.sidecar.file);
    if (same) this.add("proven", "file-same");
    return same;
  }

  /** Steps 4 and 5: that the root stands on the record, and who else has seen it there. @param {import("./room.js").Room} card */
  record(card) {
    const { record, policy, root, stamps } = this.sidecar;
    const { name } = card;
    if (!record) return this.add("stated", "record-waiting", { name });
    let proof, placement, entry, rules;
    try {
      proof = readLogProof(utf8(record.log));
      placement = readPlacement(proof.extra);
      entry = readEntry(utf8(record.entry));
      rules = readPolicy(utf8(policy || `quorum ${NONE}\n`));
    } catch (error) {
      return this.add("fault", "record-damaged", { flaw: flaw(error).code });
    }
    if (!entry.slot || !entry.root) return this.add("fault", "record-damaged", { flaw: "entry-kind" });
    try {
      verifyLogProof(proof, utf8(record.entry), card.log);
    } catch (error) {
      const code = { "note-forged": "record-forged", "merkle-inclusion": "record-entry" }[flaw(error).code] ?? "record-other";
      return this.add("fault", code, { name });
    }
    try {
      verifyPlacement(record.nonce, root, placement, entry.root);
    } catch (error) {
      flaw(error);
      return this.add("fault", "root-foreign", { name });
    }
    this.add("proven", "on-record", { name, line: Number(proof.index) });
    this.slot = instant(entry.slot.start);
    this.witnesses(card, proof.checkpoint, rules);
    const stamped = utf8(readNote(proof.checkpoint).text);
    // Whose roots these are, only the newsroom's signature says: a stranger's are not even looked at.
    for (const one of this.signed ? stamps : []) this.stamps(one, stamped);
  }

  /** Step 6: outside witnesses count where their keys stand on the card, and as many as the policy wants. @param {import("./room.js").Room} card @param {Uint8Array} raw @param {import("./policy.js").Policy} rules */
  witnesses(card, raw, rules) {
    const known = card.witnesses.map(({ vkey }) => vkey);
    /** @type {Map<string, number>} */
    const seen = new Map();
    const [strangers, forged] = [/** @type {string[]} */ ([]), /** @type {string[]} */ ([])];
    for (const [name, key] of rules.witnesses) {
      let time;
      try {
        [{ time }] = verifyNote(raw, [key]).signatures;
      } catch (error) {
        if (flaw(error).code === "note-forged" && known.includes(key.vkey)) forged.push(key.name);
        continue;
      }
      if (!known.includes(key.vkey)) strangers.push(key.name);
      else if (time < MAX_TIME) seen.set(name, time);
    }
    for (const names of unique(forged)) this.add("fault", "witness-forged", { names });
    if (strangers.length) this.add("unproven", "witness-not-on-card", { names: unique(strangers).join(", ") });
    if (rules.quorum === NONE) return;
    const name = (/** @type {string} */ one) => /** @type {import("./signednote.js").Key} */ (rules.witnesses.get(one)).name;
    const since = complete(rules, seen);
    if (since === null) return this.add("unproven", "quorum-missing", { count: unique([...seen.keys()].map(name)).length });
    const names = unique([...seen].filter(([, time]) => time <= since).map(([one]) => name(one)));
    this.add("proven", "witnessed", { names: names.join(", "), time: instant(since) });
    this.bounds.push(since);
  }

  /** Step 7: an authority's stamps, each over the one before it, up to the root that the newsroom names. @param {import("./beside.js").Stamps} held @param {Uint8Array} data */
  stamps(held, data) {
    const name = held.authority;
    /** @type {any} */
    let [first, last] = [null, null];
    try {
      const roots = readPem(held.roots);
      for (const response of held.stamps) {
        last = stamped(response, data, roots);
        first ??= last;
        data = response;
      }
    } catch (error) {
      return this.add("fault", error instanceof Flaw && error.code === "stamp-false" ? "stamp-false" : "stamp-damaged", { name });
    }
    this.add("proven", "stamped", { name, root: ownName(first.root), fingerprint: fingerprint(first.root), time: instant(first.time) });
    if (this.now > last.until) this.add("unproven", "stamp-old", { name, day: instant(last.until).slice(0, 10) });
    this.bounds.push(first.time);
  }
}

/** When the quorum was complete: no single witness's clock decides alone where more than one is wanted. @param {import("./policy.js").Policy} rules @param {Map<string, number>} seen */
export function complete(rules, seen) {
  for (const time of [...new Set(seen.values())].sort((one, other) => one - other)) {
    if (witnessed(rules, new Set([...seen].filter(([, other]) => other <= time).map(([name]) => name)))) return time;
  }
  return null;
}

/** A stamp, and which of the roots stands behind it. @param {Uint8Array} response @param {Uint8Array} data @param {import("./x509.js").Certificate[]} roots */
export function stamped(response, data, roots) {
  for (const root of roots) {
    try {
      return { root, ...verifyStamp(response, data, [root]) };
    } catch (error) {
      if (flaw(error).code !== "stamp-false" || root === roots[roots.length - 1]) throw error;
    }
  }
  throw new Error("there are no roots");
}

/** Whether the edition key of the card signed the statement. @param {import("./beside.js").Sidecar} sidecar @param {import("./signednote.js").Key} key */
function signedBy(sidecar, key) {
  const value = new Uint8Array([...key.id, ...sidecar.signature]);
  try {
    verifyNote(utf8(`${sidecar.statement}\n\u2014 ${key.name} ${rebase64(value)}\n`), [key], 1 << 26);
    return true;
  } catch (error) {
    flaw(error);
    return false;
  }
}

/** @param {string[]} names */
const unique = (names) => [...new Set(names)];

/** An error that was foreseen; any other is a fault of the page itself. @param {unknown} error @returns {Flaw} */
function flaw(error) {
  if (!(error instanceof Flaw)) throw error;
  return error;
}
