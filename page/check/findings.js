/**
 * What a check found: values, no words. A finding has a kind, a lasting code, and what its sentence is about; *say* names the
 * sentence where it is not the code's own. The sentences are src/tamizdat/wire/texts/check/LANG.json.
 */

/** @typedef {"proven" | "stated" | "unproven" | "fault"} Kind */
/** @typedef {{kind: Kind, code: string, say: string, params: Record<string, string | number>}} Finding */
/** @typedef {Blob | File} Held */

export class Findings {
  constructor() {
    /** @type {Map<string, Finding>} each of them once */
    this.found = new Map();
  }

  /** @param {Kind} kind @param {string} code @param {Record<string, string | number>} [params] @param {string} [say] */
  add(kind, code, params = {}, say = code) {
    this.found.set(JSON.stringify([kind, code, say, params]), { kind, code, say, params });
  }

  /** @param {string} code @param {string} where which file @param {Record<string, string | number>} [params] @param {string} [say] */
  fault(code, where, params = {}, say = code) {
    this.add("fault", code, { where, ...params }, say);
  }

  /** How many faults there are. */
  get faults() {
    return this.all().filter(({ kind }) => kind === "fault").length;
  }

  all() {
    return [...this.found.values()];
  }
}

/** The files of an edition, and what goes wrong in reading them. */
export class Files {
  /** @param {Map<string, Held>} files @param {Findings} found */
  constructor(files, found) {
    this.files = files;
    this.found = found;
  }

  /** A file, at most *most* bytes of it; null where there is none, or where it cannot be read, which is a fault. @param {string} path @param {number} most */
  async read(path, most) {
    const file = this.files.get(path);
    if (!file) return null;
    try {
      return new Uint8Array(await file.slice(0, most).arrayBuffer());
    } catch {
      this.found.fault("edition-unreadable", path);
      return null;
    }
  }

  /** The same of a file that must be there. @param {string} code @param {string} path @param {number} most */
  async must(code, path, most) {
    if (!this.files.has(path)) this.found.fault(code, path);
    return this.read(path, most);
  }
}
