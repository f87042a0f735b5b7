/** How it is to travel: one file or parts, how many, how large, and to which places. */
import { estimate } from "./dossier.js";
import * as part from "./part.js";
import { say, size } from "./language.js";
import { element, fill, input, make, randomName, show, tell } from "./screen.js";

const LIMITS = [0, 100e6, 20e6, 8e6, 1e6];
const MUCH = 300e6; // bytes in the memory of a browser that cannot write to a place

export class Carriage {
  /** @param {import("./choice.js").Choice} choice @param {() => void} changed */
  constructor(choice, changed) {
    this._choice = choice;
    this._changed = changed;
    /** @type {Map<number, FileSystemFileHandle>} */
    this._places = new Map();
    this.direct = "showSaveFilePicker" in globalThis;
  }

  start() {
    for (const id of ["total", "need", "limit"]) element(id).onchange = () => this._changed();
    for (const one of document.getElementsByName("carry")) one.onchange = () => this._changed();
    this.draw();
    // Where nothing can be written to a place, small volumes keep the memory small.
    if (!this.direct) /** @type {HTMLSelectElement} */ (element("limit")).value = "20000000";
  }

  /** Take the card's advice. @param {{need: number, parts: number}} card */
  advise({ need, parts }) {
    input("need").value = String(need);
    input("total").value = String(parts);
  }

  /** @returns {{need: number, total: number, partSize: number | null} | null} null: one file */
  get split() {
    const whole = /** @type {HTMLInputElement} */ (document.querySelector("input[name=carry]:checked"))?.value === "whole";
    if (whole) return null;
    const limit = Number(/** @type {HTMLSelectElement} */ (element("limit")).value);
    return { need: Number(input("need").value), total: Number(input("total").value), partSize: limit || null };
  }

  get possible() {
    const { split } = this;
    const whole = (/** @type {number} */ value) => Number.isInteger(value);
    return !split || (whole(split.need) && whole(split.total) && split.need >= 1 && split.need <= split.total && split.total <= 255);
  }

  /** How many places are to be chosen beforehand; none where the files are offered afterwards. */
  get places() {
    const { split } = this;
    if (!this.direct || !this.possible || (split?.total ?? 0) > 12) return 0;
    return split ? (split.partSize ? 0 : split.total) : 1;
  }

  /** @returns {FileSystemFileHandle[] | null} the places, where all were chosen */
  get handles() {
    const all = Array.from({ length: this.places }, (_, index) => this._places.get(index));
    return all.every(Boolean) ? /** @type {FileSystemFileHandle[]} */ (all) : null;
  }

  forget() {
    this._places.clear();
    this.draw();
  }

  draw() {
    const select = /** @type {HTMLSelectElement} */ (element("limit"));
    const kept = select.value;
    fill(select, LIMITS.map((limit) => new Option(limit ? size(limit) : say("carry.free"), String(limit))));
    select.value = kept || "0";
    show("carry-parts", this.split !== null);
    element("carry-sum").textContent = this._sum();
    this._drawPlaces();
  }

  _sum() {
    const { split } = this;
    if (!this.possible) return say("carry.counts");
    const length = this._length;
    const memory = !this.direct && !split?.partSize && length > MUCH ? ` ${say("carry.memory")}` : "";
    if (!split) return say("carry.one", { size: size(length) }) + memory;
    const { need, total, partSize } = split;
    const { volumes, each } = this._plan(length, need, partSize);
    if (volumes === 1) return say("carry.sum", { total, need, size: size(each) }) + memory;
    return say("carry.many", { count: volumes * total, size: size(partSize ?? 0), total, need });
  }

  /** About how many batches of files there will be. */
  get volumes() {
    const { split } = this;
    return split ? this._plan(this._length, split.need, split.partSize).volumes : 1;
  }

  get _length() {
    return estimate(this._choice.sources(() => {})) + (this._choice.note?.length ?? 0);
  }

  /** @param {number} length @param {number} need @param {number | null} partSize */
  _plan(length, need, partSize) {
    const share = Math.ceil(length / need);
    const packet = part.packetSize(Math.min(share, partSize ?? share));
    const rows = Math.ceil(length / (need * (packet - part.HEADER - part.TAG)));
    const volume = partSize ? part.rowsFor(partSize, packet) : rows;
    return { volumes: Math.ceil(rows / volume), each: part.packets(rows) * packet };
  }

  _drawPlaces() {
    show("places", this.places > 0);
    const buttons = Array.from({ length: this.places }, (_, index) => {
      const words = this.split ? say("places.choose", { number: index + 1 }) : say("places.whole");
      const button = /** @type {HTMLButtonElement} */ (make("button", words));
      button.type = "button";
      button.onclick = () => this._choose(index);
      const chosen = this._places.get(index);
      return make("li", "", chosen ? [button, make("span", `✓ ${say("places.chosen")}: `), make("bdi", chosen.name)] : [button]);
    });
    fill(element("places-list"), buttons);
  }

  /** @param {number} index */
  async _choose(index) {
    try {
      const handle = await /** @type {any} */ (globalThis).showSaveFilePicker({ suggestedName: randomName() });
      for (const [other, held] of this._places) {
        if (other !== index && (await held.isSameEntry(handle))) this._places.delete(other);
      }
      this._places.set(index, handle);
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "AbortError") tell(error);
    }
    this._changed();
    /** @type {HTMLElement} */ (element("places-list").querySelectorAll("button")[index])?.focus();
  }
}
