/** The work itself, as the person sees it: progress, time left, stop, save, what was done. */
import { Flaw } from "./flaw.js";
import { say, size, time } from "./language.js";
import { FilesOutput, OfferedOutput } from "./output.js";
import { element, fill, make, randomName, show, tell } from "./screen.js";
import { seal } from "./seal.js";
import { checkWords, digits } from "./words.js";

const SCRIPT = typeof document === "undefined" ? "" : (document.currentScript?.textContent ?? "");

const TELL = 250; // milliseconds between two tellings of progress

export class Sealing {
  /** @param {{card: any, choice: import("./choice.js").Choice, carriage: import("./carriage.js").Carriage, sealable(): boolean}} page */
  constructor(page) {
    this._page = page;
    this._busy = false;
    this._stopped = false;
    this._unsaved = false;
    /** @type {() => void} */
    this._letGo = () => {};
    this._begun = 0;
    this._done = 0;
    this._stage = "";
    this._volumes = 1;
    this._told = 0;
  }

  start() {
    element("seal").onclick = () => this.go();
    element("cancel").onclick = () => {
      this._stopped = true;
      this._letGo();
    };
    element("again").onclick = () => location.reload();
    element("offer-done").onclick = () => this._letGo();
    addEventListener("beforeunload", (event) => {
      if (this._busy || this._unsaved) event.preventDefault();
    });
  }

  draw() {
    const { choice, carriage } = this._page;
    const empty = !choice.files.size && !choice.note;
    const lacking = empty ? say("seal.files") : !carriage.possible ? say("carry.counts") : carriage.handles === null ? say("seal.places") : "";
    element("seal-why").textContent = lacking;
    /** @type {HTMLButtonElement} */ (element("seal")).disabled = this._busy || Boolean(lacking);
    if (this._stage) element("stage").textContent = say(this._stage);
  }

  async go() {
    const { choice, carriage, card } = this._page;
    const { split, handles } = carriage;
    const output = handles?.length ? new FilesOutput(handles) : new OfferedOutput((volume, blobs) => this._offer(volume, blobs, split));
    tell(null);
    this._volumes = carriage.volumes;
    this._busy = true;
    this._stopped = false;
    this._frame(true);
    this._say("seal.begun");
    try {
      this._begun = performance.now();
      const sealed = await seal({
        recipients: card.recipients,
        sources: choice.sources(() => this._check()),
        note: choice.note,
        created: Math.floor(Date.now() / 1000),
        output,
        script: SCRIPT,
        split,
        progress: (done) => this._progress(done, choice.total),
      });
      this._say("");
      this._finish(sealed, split);
    } catch (error) {
      await output.abandon();
      if (this._stopped) this._say("seal.cancelled");
      else {
        this._say("");
        tell(error);
      }
      show("save", false);
    } finally {
      this._busy = false;
      this._unsaved = false;
      this._frame(false);
    }
  }

  /** Show the work and shut what would change it, or the other way round. @param {boolean} working */
  _frame(working) {
    show("working", working);
    for (const one of document.querySelectorAll("#form :is(button, input, select, textarea):not(#cancel)")) {
      /** @type {HTMLButtonElement} */ (one).disabled = working;
    }
    this._progress(0, 1);
    this.draw();
    if (working) element("cancel").focus();
  }

  /** @param {string} key */
  _say(key) {
    this._stage = key;
    element("stage").textContent = key && say(key);
  }

  _check() {
    if (this._stopped) throw new Flaw("stopped", "it was stopped");
  }

  /** @param {number} done @param {number} total */
  _progress(done, total) {
    const now = performance.now();
    if (done && done < total && now - this._told < TELL) return;
    this._told = now;
    /** @type {HTMLProgressElement} */ (element("progress")).value = total ? done / total : 1;
    const seconds = (now - this._begun) / 1000;
    const speed = done / seconds;
    const words = { done: size(done), total: size(total), time: time((total - done) / speed), speed: size(speed) };
    element("left").textContent = done && seconds > 1 ? say("seal.left", words) : "";
  }

  /** Offer the files of a volume; resolves when the person says they are saved. @param {number} volume @param {Blob[]} blobs @param {any} split */
  async _offer(volume, blobs, split) {
    this._check();
    this._unsaved = true;
    this._say("seal.paused");
    const paused = performance.now();
    const urls = blobs.map((blob) => URL.createObjectURL(blob));
    element("offer-what").textContent = volume || this._volumes > 1 ? say("save.batch", { number: volume + 1 }) : say("save.single");
    fill(element("offer-list"), blobs.map((blob, index) => link(urls[index], blob.size, split ? index + 1 : 0)));
    show("save", true);
    show("offer", true);
    show("done", false);
    element("h-save").focus();
    await new Promise((resolve) => (this._letGo = () => resolve(null)));
    this._letGo = () => {};
    show("offer", false);
    fill(element("offer-list"), []);
    for (const url of urls) URL.revokeObjectURL(url);
    this._unsaved = false;
    this._begun += performance.now() - paused;
    this._check();
    this._say("seal.begun");
  }

  /** @param {Awaited<ReturnType<typeof seal>>} sealed @param {{need: number, total: number} | null} split */
  _finish(sealed, split) {
    show("save", true);
    show("offer", false);
    show("done", true);
    const count = sealed.files.length;
    element("done-what").textContent = split ? say("done.parts", { count, ...split }) : say("done.whole", { count });
    show("left-out", sealed.leftOut.length > 0);
    const decoder = new TextDecoder();
    fill(element("left-list"), sealed.leftOut.map((one) => make("li", decoder.decode(one.name))));
    element("words-show").onclick = () => {
      fill(element("check-words"), checkWords(sealed.announcement).map((word) => make("li", word)));
      element("check-digits").textContent = say("words.digits", { digits: digits(sealed.announcement) });
      show("check-words", true);
      show("check-digits", true);
    };
    this._page.carriage.forget();
    element("h-save").focus();
  }
}

/** @param {string} url @param {number} length @param {number} number of the part; 0: it is the whole */
export function link(url, length, number) {
  const words = number ? say("save.part", { number, size: size(length) }) : say("save.whole", { size: size(length) });
  const made = /** @type {HTMLAnchorElement} */ (make("a", words));
  made.href = url;
  made.download = randomName();
  made.className = "button";
  const item = make("li", "", [made]);
  made.onclick = () => {
    if (item.childElementCount === 1) item.append(make("span", `✓ ${say("save.saved")}`));
  };
  return item;
}
