/**
 * The signed list of an edition: every file, its size and its SHA-256. docs/spec/edition.md; the same as wire/edition.py.
 *
 * It opens no file: a text comes in, values go out.
 */
import { utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { MAX_NUMBER, MAX_TIME } from "./entries.js";
import { decimal, readInstant, unbase64 } from "./text.js";

/** @typedef {{path: string, size: bigint, sha256: string}} Listed */
/** @typedef {{origin: string, number: number, made: number, entry: number, salt: Uint8Array, files: Listed[]}} Edition */

export const LIST = "edition.txt";
export const LOG = "log/";
export const CARD = "card.txt";
export const MAX_LIST = 64 << 20;
const SIGNATURES = 4096;
const TITLE = "tamizdat-edition-v1";
const HEAD = ["origin", "edition", "made", "entry", "salt", "files"];
// No segment begins or ends with a dot: some systems hide the one and drop the other.
const SEGMENT = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?$/;
// What Python counts as a space, a plus, and control characters: in no name of a record.
const ORIGIN = /^[^\x00-\x20+\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]{1,200}$/u; // eslint-disable-line no-control-regex

/** Read the text of a list. @param {string} body @returns {Edition} */
export function readText(body) {
  const lines = body.split("\n");
  if (lines[0] !== TITLE) throw flaw("edition-title", `the list begins with “${lines[0].slice(0, 60)}”`);
  const head = lines.slice(1, 7).map(parted);
  if (head.length !== HEAD.length || head.some(([name], at) => name !== HEAD[at])) throw flaw("edition-head", `its first lines should be ${HEAD.join(", ")}`);
  const [origin, number, made, entry, salt, count] = head.map(([, value]) => value);
  let values;
  try {
    values = { number: decimal(number), made: readInstant(made), entry: decimal(entry), salt: unbase64(salt, 32) };
  } catch (error) {
    throw flaw("edition-head", `the head of the list cannot be read: ${/** @type {Error} */ (error).message}`);
  }
  const files = lines.slice(7, -1).map(readFile);
  const most = BigInt(MAX_NUMBER);
  if (!ORIGIN.test(origin)) throw flaw("edition-head", `“${origin.slice(0, 40)}” is no name of a public record`);
  if (values.number < 1n || values.number > most || values.entry > most) throw flaw("edition-head", `edition ${number} at entry ${entry} cannot be`);
  if (values.made < 0 || values.made >= MAX_TIME) throw flaw("edition-head", "an edition is made after 1970");
  checkPaths(files.map(({ path }) => path));
  if (count !== String(files.length)) throw flaw("edition-count", `the list says ${count} files and holds ${files.length}`);
  if (utf8(body).length > MAX_LIST - SIGNATURES) throw flaw("edition-large", "the list is longer than a list can be");
  if (lines.length < 8 || lines[lines.length - 1]) throw flaw("edition-spelling", "the list is not written the one way it can be");
  return { origin, made: values.made, number: Number(values.number), entry: Number(values.entry), salt: values.salt, files };
}

/** @param {string} line @returns {[string, string]} */
function parted(line) {
  const colon = line.indexOf(": ");
  return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 2)];
}

/** @param {string} line @returns {Listed} */
function readFile(line) {
  const words = line.split(" ");
  if (words.length !== 3) throw flaw("edition-line", `“${line.slice(0, 80)}” should be a hash, a size and a path`);
  const [sha256, word, path] = words;
  let size;
  try {
    size = decimal(word);
  } catch {
    throw flaw("edition-line", `“${line.slice(0, 80)}” has no plain size`);
  }
  if (!stands(path) || path === LIST || path.startsWith(LOG)) throw flaw("edition-path", `“${path.slice(0, 200)}” is no path a list may hold`);
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw flaw("edition-line", `“${sha256.slice(0, 80)}” is not a SHA-256 in small letters`);
  return { path, size, sha256 };
}

/** Whether a path is one an edition may hold: plain segments that lead nowhere else on any disk. @param {string} path */
const stands = (path) => path.length <= 1024 && path.split("/").every((segment) => SEGMENT.test(segment));

/** @param {string[]} paths */
function checkPaths(paths) {
  if (!paths.every((path, at) => !at || paths[at - 1] < path)) throw flaw("edition-order", "the files do not stand once each, in the order of their paths");
  const known = new Set(paths);
  /** @type {Map<string, string>} */
  const folded = new Map();
  for (const path of paths) {
    const small = path.toLowerCase();
    const other = folded.get(small);
    if (other) throw flaw("edition-case", `“${other}” and “${path}” differ only by capitals`);
    folded.set(small, path);
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      if (known.has(path.slice(0, end))) throw flaw("edition-path", `“${path.slice(0, end)}” is a file, and “${path}” would lie in it`);
    }
  }
}

/** @param {string} code @param {string} what */
const flaw = (code, what) => new Flaw(code, what, "Get the edition again from another mirror or from the newsroom.");
