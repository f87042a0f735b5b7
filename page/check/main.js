/** The verifier page: takes what is to be checked, and says in words what was found. What is checked, and how, stands in the other modules. */
import codec from "../../src/tamizdat/redaction/codec/jdct.wasm";
import { Flaw } from "../flaw.js";
import { element, fill, input, make, show, tell } from "../screen.js";
import { checkEdition } from "./edition.js";
import * as gather from "./gather.js";
import { readWords } from "./room.js";
import { MAX_PUBLISHED } from "./prose.js";
import { LIMITS } from "./sidecar.js";
import { LANGUAGES, best, number, phrase, say, size, speak } from "./speech.js";
import { checkApart, serve } from "./thread.js";
import { areas, show as draw } from "./view.js";

/** What the codec may read. */
const MOST = 128 << 20;
const MOST_LINES = 500;
const KINDS = /** @type {const} */ (["fault", "proven", "stated", "unproven"]);
/** Beside the words, never instead of them. @type {Record<string, string>} */
const SIGNS = { proven: "✓", stated: "“", unproven: "?", fault: "!", nothing: "–" };

/** @typedef {{kind: string, code: string, say?: string, params: Record<string, string | number>}} Finding */
/** @typedef {{verdict: string, sign: string, findings: Finding[], draw?: () => Promise<void>, edition?: boolean, evidence?: Uint8Array[], inside?: gather.Pair[]}} Result */

class Page {
  /** What is being checked. @type {gather.Pair | null} */
  pair = null;
  /** @type {gather.Files | null} */
  edition = null;
  /** @type {Map<string, Blob> | undefined} */
  older;
  /** @type {Result | null} */
  result = null;
  /** @type {string} */
  noted = "";
  url = "";
  turn = 0;

  start() {
    this.languages();
    for (const one of document.querySelectorAll(".scripted")) /** @type {HTMLElement} */ (one).hidden = false;
    show("folder-label", "webkitdirectory" in HTMLInputElement.prototype && !/Android|iPhone|iPad/.test(navigator.userAgent));
    for (const id of ["files", "folder", "older-folder"]) {
      input(id).onchange = () => {
        const files = gather.chosen(input(id).files ?? []);
        input(id).value = "";
        if (id === "older-folder") this.compare(files);
        else this.take(files);
      };
    }
    this.listen();
    const given = gather.given();
    if (given) this.run(given);
  }

  listen() {
    element("words").onsubmit = (event) => {
      event.preventDefault();
      // What was found stays while the words are typed right.
      this.safely(() => {
        this.words();
        this.again();
      });
    };
    document.ondragover = (event) => {
      event.preventDefault();
      document.body.classList.add("over");
    };
    document.ondragleave = () => document.body.classList.remove("over");
    document.ondrop = async (event) => {
      event.preventDefault();
      document.body.classList.remove("over");
      if (event.dataTransfer) await this.safely(async () => this.take(await gather.dropped(/** @type {DataTransfer} */ (event.dataTransfer))));
    };
  }

  languages() {
    const select = /** @type {HTMLSelectElement} */ (element("language"));
    for (const { code, name } of LANGUAGES) {
      const option = new Option(name, code);
      option.lang = code;
      select.append(option);
    }
    select.value = best(navigator.languages ?? []);
    select.onchange = () => this.speak(select.value);
    this.speak(select.value);
  }

  /** @param {string} code */
  speak(code) {
    speak(code);
    for (const one of document.querySelectorAll("[data-t]")) one.textContent = say(/** @type {HTMLElement} */ (one).dataset.t ?? "");
    show("translated", say("translated") !== "");
    this.note(this.noted);
    if (this.result) this.draw(this.result);
  }

  /** Say what is still wanted; nothing takes it away. @param {string} key */
  note(key) {
    this.noted = key;
    element("note").textContent = key && say(key);
  }

  /** @param {gather.Files} files */
  take(files) {
    if (!files.size) return;
    this.edition = this.pair = null;
    input("words-text").value = "";
    this.older = undefined;
    show("choose", false);
    if (gather.isEdition(files)) return this.whole(files);
    const pairs = gather.pairs(files);
    if (pairs.length === 1) return this.join(pairs[0]);
    this.clear();
    this.note(pairs.length ? "" : "nothing-usable");
    this.offer("choose", pairs);
  }

  /** A picture and a proof may also come one after the other. @param {gather.Pair} pair */
  join(pair) {
    const held = this.held;
    if (!pair.picture && held?.picture && !held.proof) return this.run({ ...held, proof: pair.proof });
    if (!pair.proof && held?.proof && !held.picture) return this.run({ ...pair, proof: held.proof });
    return this.run(pair);
  }

  /** Half of a pair that waits for the other half. @type {gather.Pair | null} */
  held = null;

  /** @param {string} id @param {gather.Pair[]} pairs */
  offer(id, pairs) {
    show(id, pairs.length > 0);
    const button = (/** @type {gather.Pair} */ pair) => {
      const made = /** @type {HTMLButtonElement} */ (make("button", "", [make("bdi", pair.name)]));
      made.type = "button";
      made.onclick = () => this.run(pair);
      return make("li", "", [made]);
    };
    fill(element(`${id}-list`), pairs.map(button));
  }

  clear() {
    tell(null);
    this.note("");
    this.result = null;
    show("result", false);
  }

  /** @param {gather.Pair} pair */
  async run(pair) {
    this.pair = pair;
    this.held = pair.picture && pair.proof ? null : pair;
    this.clear();
    if (!pair.picture) return this.note("picture-missing");
    if (pair.picture.size > MOST || (pair.proof?.size ?? 0) > MOST) return this.note("too-large");
    await this.safely(() => this.check(pair));
  }

  /** Check the same once more, with the words or the older copy that were given since. */
  again() {
    if (this.edition) this.whole(this.edition);
    else if (this.pair) this.run(this.pair);
  }

  /** @param {gather.Pair} pair */
  async check(pair) {
    const picture = await bytes(/** @type {Blob} */ (pair.picture));
    const beside = pair.proof && (await bytes(pair.proof));
    const words = this.words();
    const job = { picture, beside, words, now: Math.floor(Date.now() / 1000) };
    const checked = await this.busy((progress) => checkApart(script, job, codec, progress));
    const seen = checked?.verdict === "fault" ? null : (checked?.picture ?? null);
    const png = picture[0] === 0x89;
    URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(new Blob([/** @type {any} */ (picture)], { type: png ? "image/png" : "image/jpeg" }));
    if (!checked) this.note("proof-missing");
    const verdict = checked?.verdict ?? "nothing";
    // A whole newsroom can be made up: without its words nobody knows whose proof it is.
    const named = verdict !== "proven" || checked?.findings.some(({ code }) => code === "card-known");
    this.tell({
      verdict: checked ? `verdict-${verdict}` : "sidecar-none", sign: SIGNS[named ? verdict : "stated"], findings: checked?.findings ?? [],
      draw: () => (isText(checked, picture) ? this.text(picture) : this.picture({ name: pair.name, size: picture.length }, seen, png, verdict)),
    }); // prettier-ignore
  }

  /** @param {Uint8Array} raw */
  async text(raw) {
    const shown = Object.assign(make("pre", new TextDecoder().decode(raw)), { dir: "auto", translate: false, tabIndex: 0 });
    element("caption").textContent = "";
    fill(element("frame"), [shown]);
    show("figure", true);
  }

  /** @param {{name: string, size: number}} file @param {import("./view.js").Verdict | null} seen @param {boolean} png @param {string} verdict */
  async picture({ name, size: length }, seen, png, verdict) {
    const drawn = await draw(this.url, say("picture-alt"), seen, png);
    const source = { name, size: size(length) };
    const count = seen ? areas(seen) : 0;
    const told = seen ? [...phrase(count ? "picture-hidden" : "picture-whole", { count }), " ", ...phrase("picture-source", source)] : phrase(verdict === "fault" ? "picture-doubt" : "picture-source", source);
    element("caption").replaceChildren(...(drawn ? told : [say("picture-unseen")]));
    fill(element("frame"), drawn ?? []);
    show("figure", true);
  }

  /** @param {gather.Files} files */
  whole(files) {
    this.edition = files;
    this.clear();
    return this.safely(async () => {
      const typed = this.words();
      const words = typed ? readWords(typed) : undefined;
      const now = Math.floor(Date.now() / 1000);
      const judge = (/** @type {Uint8Array} */ picture, /** @type {Uint8Array} */ beside) => checkApart(script, { picture, beside, words: "", now }, codec, () => {});
      const { findings, evidence } = await this.busy((progress) =>
        checkEdition(files, { now, words, judge, against: this.older, progress: (done, total) => progress(done / Math.max(total, 1)) }),
      );
      const around = gather.around.get(files);
      if (around) findings.push({ kind: "unproven", code: "edition-around", params: around });
      const wrong = findings.some(({ kind }) => kind === "fault");
      const known = findings.some(({ code }) => code === "edition-card-known");
      this.tell({
        verdict: `edition-verdict-${wrong ? "fault" : known ? "whole" : "unknown"}`, sign: SIGNS[wrong ? "fault" : known ? "proven" : "stated"], findings,
        edition: true, evidence, inside: gather.pairs(files, true),
      }); // prettier-ignore
    });
  }

  /** @param {gather.Files} files */
  compare(files) {
    this.older = files;
    this.again();
  }

  words() {
    const typed = input("words-text").value.trim();
    if (typed) readWords(typed);
    return typed;
  }

  /** @template T @param {(progress: (share: number) => void) => Promise<T>} doing @returns {Promise<T>} */
  async busy(doing) {
    const turn = ++this.turn;
    const bar = /** @type {HTMLProgressElement} */ (element("bar"));
    bar.value = 0;
    show("busy", true);
    try {
      const done = await doing((share) => void (bar.value = share));
      // Somebody gave something else meanwhile.
      if (turn !== this.turn) throw new Superseded();
      return done;
    } finally {
      if (turn === this.turn) show("busy", false);
    }
  }

  /** @param {() => Promise<void> | void} doing */
  async safely(doing) {
    try {
      await doing();
    } catch (error) {
      if (!(error instanceof Superseded)) tell(error);
    }
  }

  /** @param {Result} result */
  tell(result) {
    this.result = result;
    this.draw(result);
    show("result", true);
    element("verdict").focus();
    element("result").scrollIntoView({ block: "start" });
  }

  /** @param {Result} result */
  draw(result) {
    fill(element("verdict"), [sign(result.sign), make("span", say(result.verdict))]);
    fill(element("findings"), KINDS.map((kind) => block(kind, result.findings)).filter((one) => one !== null));
    show("words", result.findings.some(({ code }) => /^(?:card-unknown|card-known|card-other|edition-card-words|edition-card-known|edition-other-card)$/.test(code)));
    // Where something is wrong, whose it is does not matter yet.
    show("verdict-card", result.sign !== SIGNS.fault && result.findings.some(({ code }) => code === "card-unknown"));
    show("meaning", !result.edition && result.findings.length > 0);
    show("older", Boolean(result.edition));
    this.offer("inside", result.inside ?? []);
    const told = new Set(result.findings.map(({ code }) => code));
    fill(element("limits"), LIMITS.filter((code) => !told.has(code)).map((code) => make("li", say(code))));
    show("figure", false);
    if (result.draw) this.safely(result.draw);
    if (result.evidence?.length) element("findings").append(...result.evidence.map(save));
  }
}

/** @param {import("./sidecar.js").Checked | null} checked @param {Uint8Array} raw */
const isText = (checked, raw) => checked?.text && raw.length <= MAX_PUBLISHED && ![0x89, 0xff].includes(raw[0]);

/** Another check began before this one ended. */
class Superseded extends Error {}

/** @param {Blob} blob */
const bytes = async (blob) => new Uint8Array(await blob.arrayBuffer());

/** @param {string} letter */
function sign(letter) {
  const made = make("span", letter);
  made.className = "sign";
  made.setAttribute("aria-hidden", "true");
  return made;
}

/** What was found of one kind; null where nothing was. @param {string} kind @param {Finding[]} findings */
function block(kind, findings) {
  const all = findings.filter((one) => one.kind === kind);
  const lines = all.slice(0, MOST_LINES).map((one) => {
    const line = make("li", "", phrase(one.say ?? one.code, one.params));
    line.dataset.code = one.code;
    return line;
  });
  if (!lines.length) return null;
  // A mirror may have emptied an edition of a hundred thousand files: they are counted, not listed.
  if (all.length > lines.length) lines.push(make("li", `… + ${number(all.length - lines.length)}`));
  const made = make("div", "", [make("h3", "", [sign(SIGNS[kind]), make("span", say(`kind-${kind}`))]), make("ul", "", lines)]);
  made.className = `kind ${kind}`;
  return made;
}

/** @param {Uint8Array} evidence @param {number} place */
function save(evidence, place) {
  const link = /** @type {HTMLAnchorElement} */ (make("a", say("evidence")));
  link.className = "button";
  link.href = URL.createObjectURL(new Blob([/** @type {any} */ (evidence)], { type: "text/plain" }));
  link.download = `evidence-${place + 1}.txt`;
  return make("p", "", [link]);
}

/** This very script, for the second thread. */
const script = typeof document === "undefined" ? "" : (document.currentScript?.textContent ?? "");

if (typeof document === "undefined") serve(codec);
else {
  try {
    new Page().start();
  } catch (error) {
    tell(error instanceof Flaw ? error : new Flaw("page", `this browser is too old for the page, or the page is damaged: ${error}`));
  }
}
