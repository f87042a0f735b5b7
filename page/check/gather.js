/** Files as they come: by an input, dropped, or inside the page. What they are is told by their names and places; nothing is read but what the page came with. */
import { utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { CARD, LIST } from "./list.js";

const SHOWN = /\.(?:jpe?g|png|txt)$/i;
const PROOF = ".proof";
/** More than an edition can have; what is cut short would look as if somebody had taken files away. */
const MAX_FILES = 1_000_000;
/** The files by which an edition, or its public record alone, is known, and how far above them it begins. @type {[string[], number][]} */
const MARKS = [[[LIST, CARD], 1], [["log/checkpoint"], 2], [["checkpoint"], 1]]; // prettier-ignore

/** @typedef {Map<string, File>} Files by their paths */
/** @typedef {{name: string, picture: Blob | null, proof: Blob | null}} Pair */

/** @param {Iterable<File>} list of an input @returns {Files} */
export const chosen = (list) => plain([...list].map((file) => /** @type {[string, File]} */ ([file.webkitRelativePath || file.name, file])));

/**
 * What was dropped: files, or folders with all in them. Chromium opens folders for a page from a file by their handles alone, Firefox knows
 * no handles, only entries; either is to be asked for before anything is waited for.
 * @param {DataTransfer} transfer @returns {Promise<Files>}
 */
export async function dropped(transfer) {
  const items = /** @type {any[]} */ ([...transfer.items].filter(({ kind }) => kind === "file"));
  const files = [...transfer.files];
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null);
  const handles = items.map((item) => item.getAsFileSystemHandle?.().catch(() => null) ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return chosen(files);
  /** @type {[string, File][]} */
  const found = [];
  for (const [place, entry] of entries.entries()) {
    const handle = await handles[place];
    await (handle ? below(found, handle, handle.name) : under(found, entry));
  }
  return plain(found);
}

/** @param {[string, File][]} found @param {any} handle @param {string} path */
async function below(found, handle, path) {
  if (handle.kind === "file") return take(found, path, () => handle.getFile());
  for await (const [name, one] of handle.entries()) await below(found, one, `${path}/${name}`);
}

/** @param {[string, File][]} found @param {any} entry */
async function under(found, entry) {
  if (entry.isFile) return take(found, entry.fullPath.slice(1), () => new Promise((resolve, reject) => entry.file(resolve, reject)));
  const reader = entry.createReader();
  for (;;) {
    // It gives its entries in handfuls.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const one of some) await under(found, one);
  }
}

/** @param {[string, File][]} found @param {string} path @param {() => Promise<File>} open */
async function take(found, path, open) {
  if (found.length >= MAX_FILES) throw new Flaw("files-many", `there are more than ${MAX_FILES} files`);
  // What cannot be opened is not there, and is missed by whoever looks for it.
  const file = await open().catch(() => null);
  if (file) found.push([path, file]);
}

/**
 * Paths from the folder that holds an edition, where there is one: the outermost, so that nobody hides a spoilt one around a whole one; of
 * several, the one whose name comes last.
 * @param {[string, File][]} all @returns {Files}
 */
function plain(all) {
  let root = "";
  for (const [marks, above] of MARKS) {
    const paths = all.map(([path]) => path).filter((path) => marks.some((mark) => `/${path}`.endsWith(`/${mark}`)));
    const [first] = paths.map((path) => path.split("/").slice(0, -above)).sort((one, other) => one.length - other.length || (one.join("/") < other.join("/") ? 1 : -1));
    if (first === undefined) continue;
    root = first.map((part) => `${part}/`).join("");
    break;
  }
  const found = new Map(all.filter(([path]) => path.startsWith(root)).map(([path, file]) => [path.slice(root.length), file]));
  if (found.size < all.length) around.set(found, { folder: root, count: all.length - found.size });
  return found;
}

/** Of files that were taken from one folder of what was given: which, and how many lie outside of it. @type {WeakMap<Files, {folder: string, count: number}>} */
export const around = new WeakMap();

/** @param {Files} files */
export const isEdition = (files) => files.has(LIST) || files.has(CARD);

/** Each picture or text with the proof of its name; where there is one of each, they belong together. @param {Files} files @param {boolean} [proven] only those with a proof @returns {Pair[]} */
export function pairs(files, proven = false) {
  const proofs = [...files.keys()].filter((path) => path.endsWith(PROOF));
  const beside = (/** @type {string} */ path) => files.get(`${path}${PROOF}`) ?? null;
  const shown = [...files].filter(([path, file]) => !path.endsWith(PROOF) && (SHOWN.test(path) || /^image\//.test(file.type) || beside(path)));
  if (!proven && shown.length <= 1 && proofs.length <= 1) {
    const [[name, picture] = [proofs[0] ?? "", null]] = shown;
    return name ? [{ name, picture, proof: files.get(proofs[0]) ?? null }] : [];
  }
  const found = shown.map(([name, picture]) => ({ name, picture, proof: beside(name) }));
  return proven ? found.filter(({ proof }) => proof) : found;
}

/** The picture that the page came with. @returns {Pair | null} */
export function given() {
  const text = document.getElementById("given")?.textContent?.trim();
  if (!text) return null;
  const { picture, sidecar, name } = JSON.parse(text);
  const letters = atob(picture);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at);
  return { name: String(name), picture: new Blob([bytes]), proof: typeof sidecar === "string" ? new Blob([/** @type {any} */ (utf8(sidecar))]) : null };
}
