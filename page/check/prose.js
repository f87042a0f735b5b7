/**
 * Check a text of which paragraphs or single words are hidden against its proof: the others are the original's.
 *
 * Words are bytes as they stand in the file. It does NOT prove that what is said is true. docs/spec/redaction.md, "Text".
 */
import { concat, equal, latin, readU32, u32, utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { sha256 } from "../hash.js";
import { leaf, node } from "./merkle.js";
import { Branches, line } from "./tree.js";

const MAX_LENGTH = 1 << 20;
// Words of one letter hidden, a text is eight times as long.
export const MAX_PUBLISHED = 9 << 20;
const HEAD = 16;
const BAR = latin(utf8("█████"));
const [HIDDEN, PARTLY] = [1, 2];
const HASHING = { hash: (/** @type {Uint8Array[]} */ ...parts) => sha256(concat(...parts)) };

/** @typedef {{paragraphs: number, words: number}} Bars how many paragraphs are hidden whole, and how many words besides */
/** The bytes of a word, as letters of one byte each. @typedef {string} Word */

/** @param {Uint8Array} proof */
export const isProse = (proof) => latin(proof.subarray(0, 4)) === "TTP1";

/** @param {Uint8Array} raw @param {Uint8Array} proof @param {Uint8Array} root 32 bytes @returns {Bars} */
export function verify(raw, proof, root) {
  const told = new Proof(proof);
  const paragraphs = split(raw);
  const { states } = told;
  if (paragraphs.length !== states.length) throw flaw("text-count", `the text has ${paragraphs.length} paragraphs, its proof speaks of ${states.length}`);
  const gone = paragraphs.map((words, number) => {
    const flags = states[number] === PARTLY ? told.bitmap(words.length) : words.map(() => states[number] === HIDDEN);
    const blank = words.every((word, index) => !flags[index] || word === BAR + (index === words.length - 1 ? "\n\n" : " "));
    if (!blank || (states[number] === HIDDEN && words.length !== 1)) throw flaw("text-hidden", "something other than a bar stands where the proof says that a word is hidden");
    return flags;
  });
  if (!equal(reached(told, paragraphs, gone), root)) throw flaw("text-root", "the text and its proof do not lead to the root that was committed to");
  const single = gone.map((flags, number) => (states[number] === PARTLY ? flags.filter(Boolean).length : 0));
  return { paragraphs: [...states].filter((state) => state === HIDDEN).length, words: single.reduce((sum, count) => sum + count, 0) };
}

/** Paragraphs of words; joined again they are the text. @param {Uint8Array} raw @returns {Word[][]} */
function split(raw) {
  const text = fits(raw) && isUtf8(raw) ? latin(raw) : "";
  const words = text.match(/[\t\n\r ]*[^\t\n\r ]+[\t\n\r ]*/g) ?? [];
  // eslint-disable-next-line no-control-regex
  if (!words.length || /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text)) throw flaw("text-bytes", "the file is no plain text in UTF-8 of at most 1 MB (without its bars)");
  /** @type {Word[][]} */
  const paragraphs = [[]];
  for (const word of words) {
    paragraphs[paragraphs.length - 1].push(word);
    const [space] = /[\t\n\r ]*$/.exec(word) ?? [""];
    if (space.split("\n").length > 2) paragraphs.push([]);
  }
  return paragraphs.filter((one) => one.length);
}

/**
 * Bars are not counted; where the last word is hidden there may be one byte more of white space than there was.
 * @param {Uint8Array} raw
 */
const fits = (raw) => raw.length <= MAX_LENGTH + 1 || (raw.length <= MAX_PUBLISHED && latin(raw).replaceAll(BAR, "").length <= MAX_LENGTH + 1);

/** @param {Uint8Array} raw */
function isUtf8(raw) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(raw);
    return true;
  } catch {
    return false;
  }
}

/** @param {Proof} told @param {Word[][]} paragraphs @param {boolean[][]} gone @returns {Uint8Array} */
function reached(told, paragraphs, gone) {
  const words = (/** @type {number} */ number) => {
    const held = paragraphs[number];
    return new Branches(line(held.length), (salt, index) => leaf(salt, bytes(held[index])), HASHING);
  };
  const walked = (/** @type {number} */ number) => {
    const inner = words(number);
    return { inner, walk: inner.walk((index) => Number(gone[number][index])) };
  };
  /** @type {(salt: Uint8Array, number: number, root: Uint8Array) => Uint8Array} */
  const paragraph = (salt, number, root) => leaf(salt, u32(paragraphs[number].length), root);
  /** @type {Branches} */
  const tree = new Branches(line(paragraphs.length), (seed, number) => paragraph(tree.step(seed, 1), number, words(number).shown(tree.step(seed, 0), 0, 0)), HASHING);
  /** @type {import("./tree.js").Part} */
  const part = {
    needs: (number) => {
      const { inner, walk } = walked(number);
      const [seeds, hashes] = inner.needs(walk);
      return [seeds + 1, hashes];
    },
    hash: (number, seeds, hashes) => {
      const { inner, walk } = walked(number);
      const salt = seeds.next().value;
      return paragraph(salt, number, inner.reach(walk, seeds, hashes));
    },
  };
  const top = counted(() => tree.root((number) => told.states[number], told.seeds, told.hashes, part));
  if (told.at !== told.end) throw flaw("text-count", "the proof has more than its text needs");
  const header = concat(utf8("TTC1"), new Uint8Array([1]), u32(paragraphs.length));
  return node(node(leaf(utf8("hdr"), header), leaf(utf8("til"), top)), node(told.slots[0], told.slots[1]));
}

/** @template T @param {() => T} doing @returns {T} */
function counted(doing) {
  try {
    return doing();
  } catch (error) {
    throw error instanceof Flaw && error.code === "redaction-count" ? flaw("text-count", error.message) : error;
  }
}

/** @param {Word} word @returns {Uint8Array} */
const bytes = (word) => Uint8Array.from(word, (letter) => letter.charCodeAt(0));

/** A proof, taken apart. */
class Proof {
  /** @param {Uint8Array} raw */
  constructor(raw) {
    if (raw.length < HEAD + 64 || !isProse(raw)) throw malformed("it is too short, or does not begin with TTP1");
    const [paragraphs, seeds, hashes] = [4, 8, 12].map((at) => readU32(raw, at));
    this.raw = raw;
    this.end = raw.length - 32 * (seeds + hashes + 2);
    this.at = HEAD + paragraphs;
    this.states = raw.subarray(HEAD, this.at);
    if (this.end < this.at || this.states.some((state) => state > PARTLY)) throw malformed("it breaks off, or a paragraph is in no known state");
    const tail = Array.from({ length: seeds + hashes + 2 }, (_, number) => raw.subarray(this.end + 32 * number, this.end + 32 * number + 32));
    this.seeds = tail.slice(0, seeds);
    this.hashes = tail.slice(seeds, -2);
    this.slots = tail.slice(-2);
  }

  /** @param {number} words @returns {boolean[]} which of them are hidden */
  bitmap(words) {
    const taken = this.raw.subarray(this.at, Math.min(this.end, this.at + 4 + Math.ceil(words / 8)));
    this.at += 4 + Math.ceil(words / 8);
    const bits = Array.from({ length: 8 * (taken.length - 4) }, (_, number) => Boolean((taken[4 + (number >> 3)] >> (7 - (number & 7))) & 1));
    if (bits.length !== 8 * Math.ceil(words / 8) || readU32(taken, 0) !== words || bits.slice(words).some(Boolean)) {
      throw flaw("text-count", "the proof does not speak of as many words as the text has");
    }
    return bits.slice(0, words);
  }
}

/** @param {string} what */
const malformed = (what) => new Flaw("text-proof", `the proof is no proof of a text: ${what}`, "Get it anew from the newsroom.");

/** @param {string} code @param {string} what */
const flaw = (code, what) => new Flaw(code, what, "Do not believe the text; get it and its proof anew from the newsroom.");
