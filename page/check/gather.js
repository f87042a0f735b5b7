/** Files as they come: by an input, dropped, or inside the page. What they are is told by their names and places; nothing is read but what the page came with. */
import { utf8 } from "../bytes.js";
import { LIST } from "./list.js";

const PICTURE = /\.(?:jpe?g|png)$/i;
const PROOF = ".proof";
const MAX_FILES = 100_000;

/** @typedef {Map<string, File>} Files by their paths */
/** @typedef {{name: string, picture: Blob | null, proof: Blob | null}} Pair */

/** @param {Iterable<File>} list of an input @returns {Files} */
export const chosen = (list) => plain([...list].map((file) => /** @type {[string, File]} */ ([file.webkitRelativePath || file.name, file])));

/** @param {DataTransfer} transfer what was dropped: files, or folders with all in them @returns {Promise<Files>} */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null && entry !== undefined);
  const files = [...transfer.files];
  if (!entries.some((entry) => entry.isDirectory)) return chosen(files);
  /** @type {[string, File][]} */
  const found = [];
  const waiting = [...entries];
  while (waiting.length && found.length < MAX_FILES) {
    const entry = /** @type {any} */ (waiting.shift());
    if (entry.isFile) found.push([entry.fullPath.slice(1), await new Promise((resolve, reject) => entry.file(resolve, reject))]);
    else waiting.push(...(await listed(entry.createReader())));
  }
  return plain(found);
}

/** A folder's reader gives its entries in handfuls. @param {any} reader @returns {Promise<any[]>} */
async function listed(reader) {
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}

/** Paths from the folder that holds an edition's list, where there is one. @param {[string, File][]} found @returns {Files} */
function plain(found) {
  const lists = found.map(([path]) => path).filter((path) => path === LIST || path.endsWith(`/${LIST}`));
  const [list] = lists.sort((one, other) => one.length - other.length);
  const root = list?.slice(0, -LIST.length) ?? "";
  return new Map(found.filter(([path]) => path.startsWith(root)).map(([path, file]) => [path.slice(root.length), file]));
}

/** @param {Files} files */
export const isEdition = (files) => files.has(LIST);

/** Each picture with the proof of its name; where there is one of each, they belong together. @param {Files} files @param {boolean} [proven] only those with a proof @returns {Pair[]} */
export function pairs(files, proven = false) {
  const pictures = [...files].filter(([path, file]) => PICTURE.test(path) || (!path.endsWith(PROOF) && /^image\//.test(file.type)));
  const proofs = [...files.keys()].filter((path) => path.endsWith(PROOF));
  if (!proven && pictures.length <= 1 && proofs.length <= 1) {
    const [[name, picture] = [proofs[0] ?? "", null]] = pictures;
    return name ? [{ name, picture, proof: files.get(proofs[0]) ?? null }] : [];
  }
  const found = pictures.map(([name, picture]) => ({ name, picture, proof: files.get(`${name}${PROOF}`) ?? null }));
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
