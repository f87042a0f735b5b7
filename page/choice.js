/** What the person chose to seal: files, folders, a note. It reads none of them. */
import { AS_HANDED } from "./dossier.js";
import { utf8 } from "./bytes.js";
import { say, size } from "./language.js";
import { element, fill, input, make, show } from "./screen.js";

const SHOWN = 300;
const PIECE = 1 << 20;

/**
 * Read a file from its beginning, a piece ahead, into the same buffers again and again where the browser can: that is several
 * times faster than slices.
 * @param {File} file @param {() => void} check @returns {import("./dossier.js").Reading}
 */
function reading(file, check) {
  /** @type {any} */
  let reader = null;
  /** @type {Promise<{done: boolean, value?: Uint8Array}> | null} */
  let ahead = null;
  /** @type {Uint8Array | undefined} */
  let given;
  const open = () => {
    try {
      return file.stream().getReader({ mode: "byob" });
    } catch {
      return file.stream().getReader();
    }
  };
  const fetch = (/** @type {ArrayBufferLike | undefined} */ buffer) => {
    // A hasher in another thread takes buffers along.
    const next = reader.read(new Uint8Array(buffer?.byteLength === PIECE ? buffer : new ArrayBuffer(PIECE)));
    next.catch(() => {}); // it is told where it is awaited
    return next;
  };
  return {
    async next() {
      check();
      reader ??= open();
      const { done, value } = await (ahead ?? fetch(undefined));
      ahead = done ? Promise.resolve({ done }) : fetch(given?.buffer);
      given = value;
      return done || !value ? null : value;
    },
    close: () => void reader?.cancel().catch(() => {}),
  };
}

export class Choice {
  /** @param {() => void} changed */
  constructor(changed) {
    this._changed = changed;
    this._twice = 0;
    /** @type {Map<string, File>} */
    this.files = new Map();
  }

  start() {
    show("folder-label", "webkitdirectory" in HTMLInputElement.prototype && !/Android|iPhone|iPad/.test(navigator.userAgent));
    for (const id of ["files-pick", "folder-pick"]) {
      input(id).onchange = () => {
        this.add([...(input(id).files ?? [])]);
        // What a browser remembers of a form it may write to its disk.
        input(id).value = "";
      };
    }
    element("files-remove").onclick = () => this.clear();
    element("note").oninput = () => this._changed();
    document.ondragover = (event) => event.preventDefault();
    document.ondrop = (event) => {
      event.preventDefault();
      if (!element("after-card").hidden) this.add([...(event.dataTransfer?.files ?? [])]);
    };
    this.draw();
  }

  /** @param {File[]} chosen */
  add(chosen) {
    this._twice = 0;
    for (const file of chosen) {
      const plain = file.webkitRelativePath || file.name;
      let name = plain;
      for (let count = 2; this.files.has(name) && !this._same(name, file); count++) name = `${count}/${plain}`;
      if (this.files.has(name)) this._twice++;
      else this.files.set(name, file);
    }
    this.draw();
    this._changed();
  }

  /** Whether a file under this name is this file. @param {string} name @param {File} file */
  _same(name, file) {
    const other = this.files.get(name);
    return other?.size === file.size && other?.lastModified === file.lastModified;
  }

  clear() {
    this.files.clear();
    this._twice = 0;
    this.draw();
    this._changed();
  }

  /** @returns {number} bytes */
  get total() {
    return [...this.files.values()].reduce((sum, file) => sum + file.size, this.note?.length ?? 0);
  }

  /** @returns {Uint8Array | null} */
  get note() {
    const text = /** @type {HTMLTextAreaElement} */ (element("note")).value;
    return text.trim() ? utf8(text) : null;
  }

  /** @param {() => void} check is asked before each reading, and may throw @returns {import("./dossier.js").Source[]} */
  sources(check) {
    return [...this.files].map(([name, file]) => ({ name: utf8(name), size: file.size, how: AS_HANDED, open: () => reading(file, check) }));
  }

  draw() {
    const names = [...this.files.keys()];
    const sum = names.length ? say("files.sum", { count: names.length, size: size(this.total) }) : say("files.none");
    element("files-sum").textContent = this._twice ? `${sum} ${say("files.twice", { count: this._twice })}` : sum;
    show("files-details", names.length > 0);
    const items = names.slice(0, SHOWN).map((name) => make("li", "", [make("bdi", name), " — ", make("bdi", size(this.files.get(name)?.size ?? 0))]));
    if (names.length > SHOWN) items.push(make("li", say("files.more", { count: names.length - SHOWN })));
    fill(element("files-list"), items);
  }
}
