/** The field page: puts the steps on the screen. What it does with bytes stands in the other modules. */
import { latin, utf8 } from "./bytes.js";
import * as cards from "./card.js";
import { Flaw } from "./flaw.js";
import { element, fill, show, tell } from "./screen.js";
import * as language from "./language.js";
import { base64 } from "@scure/base";
import { Choice } from "./choice.js";
import { Carriage } from "./carriage.js";
import { prepareJoin } from "./joining.js";
import { Sealing } from "./sealing.js";
import { serve } from "./worker.js";
import { cardWords } from "./words.js";

const MAX_CARD = 65_536;

class Page {
  constructor() {
    /** @type {cards.Card | null} */
    this.card = null;
    this.choice = new Choice(() => this.changed());
    this.carriage = new Carriage(this.choice, () => this.changed());
    this.sealing = new Sealing(this);
  }

  start() {
    this.languages();
    for (const one of document.querySelectorAll(".scripted")) one.hidden = false;
    this.cardStep();
    this.choice.start();
    this.carriage.start();
    this.sealing.start();
    prepareJoin();
    const embedded = document.querySelector("meta[name=card]")?.getAttribute("content") ?? "";
    show("card-ask", !embedded);
    if (embedded) this.takeCard(() => base64.decode(embedded));
    this.changed();
  }

  languages() {
    const select = /** @type {HTMLSelectElement} */ (element("language"));
    for (const { code, name } of language.LANGUAGES) {
      const option = new Option(name, code);
      option.lang = code;
      select.append(option);
    }
    select.value = language.best(navigator.languages ?? []);
    select.onchange = () => this.speak(select.value);
    this.speak(select.value);
  }

  /** @param {string} code */
  speak(code) {
    language.speak(code);
    for (const one of document.querySelectorAll("[data-t]")) one.textContent = language.say(/** @type {HTMLElement} */ (one).dataset.t ?? "");
    show("translated", language.say("translated") !== "");
    if (this.card) this.showCard(this.card);
    this.choice.draw();
    this.carriage.draw();
    this.sealing.draw();
  }

  cardStep() {
    const file = /** @type {HTMLInputElement} */ (element("card-file"));
    const text = /** @type {HTMLTextAreaElement} */ (element("card-text"));
    file.onchange = async () => {
      const [chosen] = file.files ?? [];
      if (!chosen) return;
      const raw = chosen.size <= MAX_CARD ? new Uint8Array(await chosen.arrayBuffer()) : new Uint8Array();
      file.value = "";
      this.takeCard(() => raw);
    };
    element("card-read").onclick = () => this.takeCard(() => utf8(pasted(text.value)));
    element("card-other").onclick = () => {
      this.card = null;
      show("card-show", false);
      show("card-ask", true);
      this.changed();
      element("h-card").focus();
    };
    element("card-force").onchange = element("card-same").onchange = () => {
      this.changed();
      if (this.sealable()) element("h-files").scrollIntoView({ block: "nearest" });
    };
  }

  /** @param {() => Uint8Array} source */
  takeCard(source) {
    tell(null);
    try {
      this.card = cards.read(source());
      for (const name of ["card-same", "card-force"]) {
        /** @type {HTMLInputElement} */ (element(name)).checked = false;
      }
      this.carriage.advise(this.card);
      this.showCard(this.card);
      this.changed();
      element("h-card").focus({ preventScroll: true });
    } catch (error) {
      show("card-ask", true);
      tell(error);
    }
  }

  /** @param {cards.Card} card */
  showCard(card) {
    show("card-ask", false);
    show("card-show", true);
    fill(element("card-name"), [Object.assign(document.createElement("bdi"), { textContent: card.name })]);
    fill(element("card-words"), cardWords(card.fingerprint).map((word) => Object.assign(document.createElement("li"), { textContent: word })));
    const late = cards.untimely(card, Date.now() / 1000);
    const when = language.day(late === "card-expired" ? card.notAfter : card.issued);
    element("card-time").textContent = late && language.say(late.replace("-", "."), { day: when });
    show("card-late", Boolean(late));
    show("card-classical", !card.postQuantum);
  }

  /** Whether the person has said whom they seal for. */
  sealable() {
    // A card whose time is over is refused unless somebody says so, as `tamizdat seal` does.
    const ticked = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (element(name)).checked;
    return this.card !== null && ticked("card-same") && (element("card-late").hidden || ticked("card-force"));
  }

  changed() {
    show("after-card", this.sealable());
    this.carriage.draw();
    this.sealing.draw();
  }
}

/** A card as it was pasted: mail and messengers change line ends and put spaces around. @param {string} text */
const pasted = (text) => `${text.replace(/\r\n?/g, "\n").trim()}\n`;

if (typeof document === "undefined") serve();
else {
  try {
    new Page().start();
  } catch (error) {
    tell(error instanceof Flaw ? error : new Flaw("page", `this browser is too old for the page: ${latin(utf8(String(error)))}`));
  }
}
