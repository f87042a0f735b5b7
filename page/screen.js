/** Small doings with the screen: elements by name, lists, errors in words. */
import { Flaw } from "./flaw.js";
import { has, say } from "./language.js";

/** @param {string} id @returns {HTMLElement} */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(id);
  return found;
}

/** @param {string} id @returns {HTMLInputElement} */
export const input = (id) => /** @type {HTMLInputElement} */ (element(id));

/** @param {string} id @param {boolean} shown */
export function show(id, shown) {
  element(id).hidden = !shown;
}

/** @param {HTMLElement} parent @param {Node[]} children */
export const fill = (parent, children) => parent.replaceChildren(...children);

/** @param {string} tag @param {string} text @param {(Node | string)[]} [children] */
export function make(tag, text, children = []) {
  const made = document.createElement(tag);
  made.textContent = text;
  made.append(...children);
  return made;
}

/** Tell an error in words, and bring it before the eyes; null takes it away. @param {unknown} error */
export function tell(error) {
  const place = element("failed");
  place.hidden = error === null;
  if (error === null) return;
  const code = error instanceof Flaw ? error.code : "";
  const general = code.startsWith("card-") ? "error.card" : "";
  const key = [`error.${code}`, general].find((one) => one && has(one));
  const what = error instanceof Error ? error.message : String(error);
  place.textContent = key ? say(key) : say("error.what", { what });
  place.focus();
  place.scrollIntoView({ block: "nearest" });
}

/** A name as twelve random hexadecimal digits: it tells nothing. */
export const randomName = () => Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("");
