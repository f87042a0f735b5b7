/** The file that lies beside a published picture and carries its whole proof, or stands in the picture's credentials. NOT believed here. docs/spec/sidecar.md. */
import { latin, utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { assertion } from "./jumbf.js";
import { unbase64 } from "./text.js";

const VERSION = "tamizdat-sidecar-v1";
const ASSERTION = "org.tamizdat.redaction";
const MAX_LENGTH = 16 << 20;
const MAX_AUTHORITIES = 16;
const MAX_STAMPS = 32;
const FIELDS = ["card", "committed", "policy", "redaction", "root", "signature", "stamps", "version"];
const RECORD = ["entry", "log", "nonce"];

/** @typedef {{entry: string, log: string, nonce: Uint8Array}} OnRecord */
/** @typedef {{authority: string, roots: string, stamps: Uint8Array[]}} Stamps */
/**
 * @typedef {{card: string, committed: "field" | "desk", policy: string, redaction: Uint8Array, root: Uint8Array, record: OnRecord | null,
 *   stamps: Stamps[], file: Uint8Array | null, signature: Uint8Array, statement: string}} Sidecar  the file's SHA-256; the statement is what was signed
 */

/** @param {Uint8Array} raw @returns {Sidecar} */
export function readSidecar(raw) {
  if (raw.length > MAX_LENGTH) throw flaw("sidecar-length", `it is longer than ${MAX_LENGTH} bytes`);
  const text = latin(raw);
  const told = parse(text);
  if (respell(told) !== text) throw flaw("sidecar-spelling", "it is spelled otherwise than such files are: it was written anew by something else");
  return take(told);
}

/** The sidecar that stands in a picture's credentials, spelled as a file; null where there is none. @param {Uint8Array} picture @returns {Uint8Array | null} */
export function findSidecar(picture) {
  const held = assertion(picture, ASSERTION);
  if (!held) return null;
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(held);
  } catch {
    throw notJson();
  }
  return utf8(respell(parse(text)));
}

/** @param {string} text @returns {any} */
function parse(text) {
  let told;
  try {
    told = JSON.parse(text);
    checkNumbers(told);
  } catch {
    throw notJson();
  }
  return told;
}

/** There are no numbers in it: no two programs write all of them alike. @param {any} told */
function checkNumbers(told) {
  if (typeof told === "number") throw new Error();
  if (told && typeof told === "object") Object.values(told).forEach(checkNumbers);
}

/** @param {any} told @returns {string} its one spelling: fields sorted, no spaces, ASCII, a newline */
const respell = (told) => `${spell(told)}\n`;

/** @param {any} told @returns {string} */
function spell(told) {
  if (Array.isArray(told)) return `[${told.map(spell).join(",")}]`;
  if (told && typeof told === "object") return `{${Object.keys(told).sort().map((name) => `${spell(name)}:${spell(told[name])}`).join(",")}}`;
  return JSON.stringify(told).replace(/[\x7f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** @param {any} told @returns {Sidecar} */
function take(told) {
  const names = told && typeof told === "object" && !Array.isArray(told) ? Object.keys(told).sort() : [];
  const recorded = names.includes("log");
  const named = names.includes("file");
  if (names.join() !== [...FIELDS, ...(recorded ? RECORD : []), ...(named ? ["file"] : [])].sort().join()) throw flaw("sidecar-field", "a field is missing, or one too many");
  if (told.version !== VERSION) throw flaw("sidecar-field", `it is not of the version ${VERSION}`);
  const committed = word(told, "committed");
  if (committed !== "field" && committed !== "desk") throw flaw("sidecar-value", "it was committed to neither in the field nor at the desk");
  const record = recorded ? { nonce: bytes(told, "nonce", 32), entry: word(told, "entry"), log: word(told, "log") } : null;
  const stamps = takeStamps(told.stamps);
  if (stamps.length && !record) throw flaw("sidecar-field", "there are time stamps, and nothing that they are over");
  const file = named ? bytes(told, "file", 32) : null;
  const { signature: _, ...statement } = told;
  return {
    card: word(told, "card"), committed, policy: word(told, "policy"), redaction: bytes(told, "redaction"), root: bytes(told, "root", 32),
    record, stamps, file, signature: bytes(told, "signature", 64), statement: respell(statement),
  }; // prettier-ignore
}

/** @param {any} told @returns {Stamps[]} */
function takeStamps(told) {
  if (!Array.isArray(told) || told.length > MAX_AUTHORITIES) throw flaw("sidecar-field", `the time stamps are not a list of at most ${MAX_AUTHORITIES}`);
  const found = told.map(takeAuthority);
  if (found.some(({ authority }, number) => number && found[number - 1].authority >= authority)) {
    throw flaw("sidecar-value", "the authorities stand out of order, or one stands there twice");
  }
  return found;
}

/** @param {any} told @returns {Stamps} */
function takeAuthority(told) {
  const names = told && typeof told === "object" && !Array.isArray(told) ? Object.keys(told).sort().join() : "";
  if (names !== "authority,roots,stamps") throw flaw("sidecar-field", "an authority's stamps have a field too few or too many");
  const authority = word(told, "authority");
  if (!Array.isArray(told.stamps) || told.stamps.length < 1 || told.stamps.length > MAX_STAMPS) throw flaw("sidecar-field", `an authority has no list of 1 to ${MAX_STAMPS} stamps`);
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(authority)) throw flaw("sidecar-value", `“${authority.slice(0, 40)}” is no short name of an authority`);
  const stamps = told.stamps.map((/** @type {any} */ one) => bytes({ stamps: one }, "stamps"));
  return { authority, roots: word(told, "roots"), stamps };
}

/** @param {any} told @param {string} name @returns {string} */
function word(told, name) {
  if (typeof told[name] !== "string") throw flaw("sidecar-field", `${name} is not words`);
  if (/\p{Surrogate}/u.test(told[name])) throw flaw("sidecar-value", `${name} holds half a letter`);
  return told[name];
}

/** @param {any} told @param {string} name @param {number} [length] */
function bytes(told, name, length) {
  const written = word(told, name);
  try {
    return unbase64(written, length);
  } catch {
    throw flaw("sidecar-value", `${name} is not base64${length ? ` of ${length} bytes` : ""}`);
  }
}

const notJson = () => flaw("sidecar-spelling", "it is not JSON of words and lists");

/** @param {string} code @param {string} what */
const flaw = (code, what) =>
  new Flaw(code, `the proof beside the picture cannot be read: ${what}`, "Get the picture and the file beside it anew from where they were published.");
