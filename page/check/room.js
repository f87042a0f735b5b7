/** A newsroom's card with all that a verifier needs of it. It is NOT a proof of who a newsroom is: whoever reads compares its 12 words. docs/spec/card.md. */
import * as cards from "../card.js";
import { Flaw } from "../flaw.js";
import { WORDS } from "../wordlist.js";
import { cardWords } from "../words.js";
import { readKey, readNote } from "./signednote.js";

/**
 * @typedef {cards.Card & {log: import("./signednote.js").Key, edition: import("./signednote.js").Key, witnesses: import("./signednote.js").Key[],
 *   approvals: number, approvers: {name: string, key: import("./signednote.js").Key}[], words: string[], newsroom: string, previous: string}} Room
 */

/** @param {Uint8Array} raw @returns {Room} */
export function readCard(raw) {
  const { text } = asCard("card-note", () => readNote(raw));
  const card = cards.read(raw);
  /** @type {(field: string) => string[]} */
  const values = (field) => text.split("\n").filter((line) => line.startsWith(`${field}: `)).map((line) => line.slice(field.length + 2));
  /** @type {(vkey: string) => import("./signednote.js").Key} */
  const key = (vkey) => asCard("card-key", () => readKey(vkey));
  const approvers = values("approver").map((value) => {
    const space = value.indexOf(" ");
    return { name: value.slice(0, space), key: key(value.slice(space + 1)) };
  });
  const [newsroom, log, edition] = ["newsroom", "log", "edition"].map((field) => key(values(field)[0]));
  if (newsroom.kind !== 1) throw new Flaw("card-key", "the newsroom's key is not of the right kind");
  return { ...card, log, edition, witnesses: values("witness").map(key), approvals: Number(values("approvals")[0]), approvers, words: cardWords(card.fingerprint), newsroom: newsroom.vkey, previous: values("previous")[0] ?? "" };
}

/** The fingerprint that 12 words spell, as people type them: case, numbers and commas do not matter. @param {string} typed @returns {bigint} */
export function readWords(typed) {
  const all = typed.normalize("NFKC").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  // A printed list may number its words.
  const words = all.filter((word) => !/^\p{Nd}+$/u.test(word));
  words.forEach((word, place) => {
    if (!WORDS.includes(word)) throw new Flaw("words-unknown", `word ${place + 1}, “${word.slice(0, 20)}”, is not one of the list`);
  });
  if (words.length !== 12) throw new Flaw("words-count", `there are ${words.length} words, not 12`);
  return words.reduce((sum, word) => (sum << 11n) | BigInt(WORDS.indexOf(word)), 0n);
}

/** @template T @param {string} code @param {() => T} read @returns {T} */
function asCard(code, read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof Flaw ? new Flaw(code, `this is no whole card: ${error.message}`) : error;
  }
}
