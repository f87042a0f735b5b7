/**
 * A dossier's plaintext: files under numbers, in one bag, in one tar, made in one pass. docs/spec/dossier.md.
 *
 * It opens nothing and encrypts nothing. Each file is read once; one that fails or changes stays as void and is read
 * again under the next number; if it fails again it is left out.
 */
import { compare, concat, hex, latin, random, utf8 } from "./bytes.js";
import { announcement, objectRoot } from "./derive.js";
import { Flaw } from "./flaw.js";
import { sha256 } from "./hash.js";
import * as tar from "./tar.js";

/**
 * One file. `open` begins it anew; `next` gives its next bytes, at most a mebibyte, null at the end, or throws. They are used
 * before `next` is called again.
 * @typedef {{next(): Promise<Uint8Array | null>, close(): void}} Reading
 * @typedef {{name: Uint8Array, size: number, how: string, open(): Reading}} Source
 */
/** @typedef {{name: Uint8Array, reason: string}} LeftOut */
/** @typedef {{begin(): void, update(data: Uint8Array): void | Promise<void>, end(): Uint8Array | Promise<Uint8Array>}} Hasher */
/** @typedef {{path: string, name: Uint8Array, size: number, sha256: Uint8Array, root: Uint8Array, how: string, void: string}} Item */

export const AS_HANDED = "as handed over by the system";
const AS_NOTE = "written as a note";
const CHANGED = "it changed while it was read";
const CHUNK = 1 << 20;
const FLOOR = 1 << 16;
const MOST_FILES = 100_000;
const MOST_NAME = 4096;
const MOST_LISTING = 32 << 20;
const TOP = "dossier/";
const [OBJECTS, SECRET, BAGIT, INFO] = ["tamizdat/objects.json", "tamizdat/secret", "bagit.txt", "bag-info.txt"];
const [MANIFEST, PADDING, TAGS] = ["manifest-sha256.txt", "tamizdat/padding", "tagmanifest-sha256.txt"];
const LISTED = [INFO, BAGIT, MANIFEST, OBJECTS, PADDING, SECRET];
const EXTENSIONS = new Set(
  ("jpg jpeg png gif webp heic heif avif tif tiff bmp dng mp4 m4v mov avi mkv webm 3gp mpg mpeg mp3 m4a aac ogg oga opus wav " +
    "flac amr txt md csv pdf rtf doc docx odt xls xlsx ods ppt pptx odp json xml html eml mbox zip").split(" "),
);

/**
 * Write the plaintext of a dossier.
 * @param {{sources: Source[], write(piece: Uint8Array): void | Promise<void>, hasher: Hasher, created: number,
 *   note?: Uint8Array | null, leftOut?: LeftOut[], secret?: Uint8Array, progress?: (done: number) => void}} job
 *   *write* owns each piece; *created* are seconds since 1970; *progress* is told how many bytes of files were read
 * @returns {Promise<{files: Item[], leftOut: LeftOut[], announcement: Uint8Array, length: number}>}
 */
export async function dossier({ sources, note = null, secret = random(32), ...rest }) {
  const ordered = [...sources].sort((one, two) => compare(one.name, two.name));
  demandNames(ordered, note);
  const work = new Work(secret, rest);
  for (const source of ordered) await work.take(source);
  if (note) await work.takeNote(note, new Set(ordered.map((source) => latin(source.name))));
  return work.finish();
}

/** How long the whole tar will be, if no file fails: an estimate for progress and for the sizes of parts. @param {Source[]} sources */
export const estimate = (sources) => padme(sources.reduce((sum, one) => sum + tar.storedLength(one.size) + 600, 8192));

/** @param {Source[]} ordered @param {Uint8Array | null} note */
function demandNames(ordered, note) {
  if (!ordered.length && !note) throw new Flaw("seal-nothing", "there is nothing to seal", "Choose a file, or write a note.");
  ordered.forEach(({ name }, place) => {
    const twice = place > 0 && compare(name, ordered[place - 1].name) === 0;
    if (twice || !name.length || name.length > MOST_NAME || name.includes(0)) {
      throw new Flaw("seal-names", `the name “${latin(name.subarray(0, 80))}” cannot be kept, or stands for two files`);
    }
  });
  const lines = ordered.reduce((sum, { name }) => sum + 6 * name.length + 400, 0);
  if (ordered.length >= MOST_FILES || lines > MOST_LISTING) {
    throw new Flaw("seal-many", `${ordered.length} files are too many for one dossier`, "Seal them as several dossiers.");
  }
}

class Work {
  /** @param {Uint8Array} secret @param {any} job */
  constructor(secret, { write, hasher, created, leftOut = [], progress = () => {} }) {
    this.secret = secret;
    this.created = created;
    this.hasher = hasher;
    this.progress = progress;
    this.done = 0;
    this.length = 0;
    this.notePath = "";
    /** @type {Item[]} */
    this.files = [];
    /** @type {LeftOut[]} */
    this.leftOut = leftOut.map((/** @type {LeftOut} */ one) => ({ name: one.name, reason: line(one.reason) }));
    this.put = async (/** @type {Uint8Array} */ piece) => {
      this.length += piece.length;
      await write(piece);
    };
  }

  /** Write a source; a second time if that failed; else leave it out. @param {Source} source */
  async take(source) {
    let reason = "";
    for (let attempt = 0; attempt < 2; attempt++) {
      reason = await this.attempt(source);
      if (!reason) return;
    }
    this.leftOut.push({ name: source.name, reason });
  }

  /** @param {Source} source @returns {Promise<string>} why this reading is void, or nothing */
  async attempt(source) {
    await this.begin(source.name, source.size);
    const reading = source.open();
    let [left, reason] = [source.size, ""];
    while (left && !reason) {
      const data = await read(reading);
      if (typeof data === "string") reason = data;
      else if (!data || data.length > left) reason = CHANGED;
      else {
        const { length } = data;
        await this.write(data);
        left -= length;
        this.progress((this.done += length));
      }
    }
    if (!reason && (await read(reading)) !== null) reason = CHANGED;
    reading.close();
    for (; left > 0; left -= CHUNK) await this.write(new Uint8Array(Math.min(CHUNK, left)));
    await this.end(source.name, source.size, source.how, reason);
    return reason;
  }

  /** Bytes of a member. @param {Uint8Array} data they may be gone afterwards: a hasher in another thread takes them along */
  async write(data) {
    await this.put(data);
    await this.hasher.update(data);
  }

  /** Write the note as the last file of the payload, under a name that no other has. @param {Uint8Array} note @param {Set<string>} names */
  async takeNote(note, names) {
    let name = "note.txt";
    for (let count = 2; names.has(name); count++) name = `note-${count}.txt`;
    this.notePath = path(this.files.length + 1, utf8(name));
    const { length } = note;
    await this.begin(utf8(name), length);
    await this.write(note);
    await this.end(utf8(name), length, AS_NOTE, "");
  }

  /** @param {Uint8Array} name @param {number} size */
  async begin(name, size) {
    this.hasher.begin();
    await this.put(tar.header(TOP + path(this.files.length + 1, name), size, this.created));
  }

  /** @param {Uint8Array} name @param {number} size @param {string} how @param {string} reason */
  async end(name, size, how, reason) {
    await this.put(new Uint8Array(tar.filler(size)));
    const number = this.files.length;
    const digest = await this.hasher.end();
    const root = objectRoot(this.secret, number, digest);
    this.files.push({ path: path(number + 1, name), name, size, sha256: digest, root, how, void: reason });
  }

  /** Write everything that follows the payload. */
  async finish() {
    if (this.files.every((item) => item.void)) throw new Flaw("seal-nothing", "there is nothing that can be sealed", "Choose files you can read.");
    this.leftOut.sort((one, two) => compare(one.name, two.name));
    const listing = utf8(writeObjects(this));
    if (listing.length > MOST_LISTING || this.files.length > MOST_FILES) {
      throw new Flaw("seal-many", `${this.files.length} files are too many for one dossier`, "Seal them as several dossiers.");
    }
    await this.tags(listing);
    const roots = this.files.map((item) => item.root);
    const files = this.files.filter((item) => !item.void);
    return { files, leftOut: this.leftOut, announcement: announcement(this.secret, listing, roots), length: this.length };
  }

  /** @param {Uint8Array} listing */
  async tags(listing) {
    const octets = this.files.reduce((sum, item) => sum + item.size, 0);
    const manifest = this.files.map((item) => `${hex(item.sha256)}  ${item.path}\n`).join("");
    /** @type {Record<string, string>} */
    const hashes = {};
    const add = async (/** @type {string} */ name, /** @type {Uint8Array} */ data) => {
      hashes[name] = hex(sha256(data));
      await this.put(concat(tar.header(TOP + name, data.length, this.created), data, new Uint8Array(tar.filler(data.length))));
    };
    await add(OBJECTS, listing);
    await add(SECRET, this.secret);
    await add(BAGIT, utf8("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"));
    await add(INFO, utf8(`Payload-Oxum: ${octets}.${this.files.length}\n`));
    await add(MANIFEST, utf8(manifest));
    hashes[PADDING] = await this.pad(paddingLength(this.length));
    await add(TAGS, utf8(LISTED.map((name) => `${hashes[name]}  ${name}\n`).join("")));
    await this.put(new Uint8Array(2 * tar.BLOCK));
  }

  /** @param {number} size @returns {Promise<string>} */
  async pad(size) {
    this.hasher.begin();
    await this.put(tar.header(TOP + PADDING, size, this.created));
    for (let left = size; left > 0; left -= CHUNK) await this.write(new Uint8Array(Math.min(CHUNK, left)));
    await this.put(new Uint8Array(tar.filler(size)));
    return hex(await this.hasher.end());
  }
}

/** The next bytes, or why there are none. @param {Reading} reading @returns {Promise<Uint8Array | null | string>} */
async function read(reading) {
  try {
    return await reading.next();
  } catch (error) {
    if (error instanceof Flaw) throw error;
    return line(`it cannot be read: ${error instanceof Error ? error.name : "unknown"}`);
  }
}

/** @param {number} number from 1 @param {Uint8Array} name */
function path(number, name) {
  const base = latin(name).split("/").pop() ?? "";
  const dot = base.lastIndexOf(".");
  const end = base.slice(dot + 1).toLowerCase();
  return `data/${String(number).padStart(6, "0")}${dot >= 0 && EXTENSIONS.has(end) ? `.${end}` : ""}`;
}

/** One printable line that objects.json can hold. @param {string} words */
const line = (words) => words.replace(/[^\x20-\x7e]/g, " ").slice(0, 200).trim() || "unknown";

/** JSON in ASCII, keys sorted, no spaces, one line end. @param {Work} work */
function writeObjects(work) {
  const files = work.files.map((item) => ({
    covers: "file",
    how: item.how,
    ...plainName(item.name),
    path: item.path,
    root: hex(item.root),
    sha256: hex(item.sha256),
    size: item.size,
    ...(item.void ? { void: item.void } : {}),
  }));
  const value = {
    created: `${new Date(work.created * 1000).toISOString().slice(0, 19)}Z`,
    files,
    left_out: work.leftOut.map((one) => ({ ...plainName(one.name), reason: one.reason })),
    ...(work.notePath ? { note: work.notePath } : {}),
    version: 1,
  };
  const escape = (/** @type {string} */ sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `${JSON.stringify(value).replace(/[^\x20-\x7e]/g, escape)}\n`;
}

/** @param {Uint8Array} name */
function plainName(name) {
  try {
    return { name: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(name) };
  } catch {
    return { name_b64: btoa(latin(name)) };
  }
}

/** Padme with a floor of 64 KiB. @param {number} least @returns {number} */
export function padme(least) {
  if (least <= FLOOR) return FLOOR;
  const exponent = BigInt(BigInt(least).toString(2).length - 1);
  const step = 1n << (exponent - BigInt(exponent.toString(2).length));
  return Number(((BigInt(least) + step - 1n) / step) * step);
}

/** How many zeros the padding holds where *before* bytes stand in front of it. @param {number} before */
export function paddingLength(before) {
  const manifest = LISTED.reduce((sum, name) => sum + 67 + name.length, 0);
  const least = before + tar.storedLength(0) + tar.storedLength(manifest) + 2 * tar.BLOCK;
  const zeros = padme(least) - least;
  const longer = tar.storedLength(zeros) - zeros - tar.storedLength(0);
  return padme(least + longer) - least - longer;
}
