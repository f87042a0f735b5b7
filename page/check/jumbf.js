/**
 * Find one assertion in the content credentials of a JPEG or PNG, strictly, and without a library for credentials.
 *
 * It is NOT a check of the credentials: who signed them is not asked; what is found proves itself. docs/spec/sidecar.md.
 * Boxes are those of ISO/IEC 19566-5; where they stand, C2PA 2.2, "Embedding manifests".
 */
import { concat, equal, hex, latin, readU32 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { SIGNATURE as PNG } from "./png.js";

const MAX_BOXES = 4096;
/** C2PA 2.2, 11.1.4: a content type begins with four letters, and all end alike. */
const JSON_TYPE = "6a736f6e00110010800000aa00389b71";

/** @typedef {{kind: string, content: Uint8Array}} Box */
/** @typedef {{left: number}} Budget */

/** @param {Uint8Array} picture @param {string} label @returns {Uint8Array | null} the JSON of the assertion in the newest manifest */
export function assertion(picture, label) {
  const raw = store(picture);
  if (!raw) return null;
  const budget = { left: MAX_BOXES };
  const stores = boxes(raw, budget).filter(({ kind }) => kind === "jumb");
  if (stores.length !== 1) throw flaw("there is not one store of credentials in it");
  const whole = open(stores[0].content, budget);
  if (whole.label !== "c2pa" || !whole.held.length) return null;
  // The newest manifest stands last (C2PA 2.2, 10.3).
  const manifest = open(content(whole.held[whole.held.length - 1]), budget);
  const parts = manifest.held.map((part) => open(content(part), budget));
  const found = parts.filter((part) => part.label === "c2pa.assertions").flatMap(({ held }) => held.map((one) => open(content(one), budget)));
  const named = found.filter((one) => one.label === label);
  if (!named.length) return null;
  const [{ type, held }] = named;
  if (named.length > 1 || hex(type) !== JSON_TYPE || held.length !== 1 || held[0].kind !== "json") throw flaw("the proof stands in it twice, or not as JSON");
  return held[0].content;
}

/** @param {Uint8Array} picture */
function store(picture) {
  if (picture[0] === 0xff && picture[1] === 0xd8) return ofJpeg(picture);
  return equal(picture.subarray(0, 8), PNG) ? ofPng(picture) : null;
}

/** Put the box together whose pieces stand in APP11 segments, each with the box's head again (19566-5, D.2). @param {Uint8Array} picture */
function ofJpeg(picture) {
  const pieces = [];
  let at = 2;
  while (at + 4 <= picture.length && picture[at] === 0xff && ![0xd8, 0xd9, 0xda, 0xff].includes(picture[at + 1])) {
    const length = picture[at + 2] * 256 + picture[at + 3];
    const data = picture.subarray(at + 4, at + 2 + length);
    if (length < 2 || data.length !== length - 2) return null;
    if (picture[at + 1] === 0xeb && latin(data.subarray(0, 2)) === "JP") {
      if (data.length < 16) throw flaw("a piece of them is too short");
      pieces.push({ number: readU32(data, 4), run: latin(data.subarray(2, 4)), body: data.subarray(8) });
    }
    at += 2 + length;
  }
  if (!pieces.length) return null;
  const [{ run, body: first }] = pieces;
  const head = first.subarray(0, 8);
  const orderly = pieces.every((piece, place) => piece.number === place + 1 && piece.run === run && equal(piece.body.subarray(0, 8), head));
  if (!orderly) throw flaw("their pieces are not all there in order");
  return concat(head, ...pieces.map(({ body }) => body.subarray(8)));
}

/** @param {Uint8Array} picture */
function ofPng(picture) {
  const found = [];
  for (let at = 8; at + 12 <= picture.length; ) {
    const length = readU32(picture, at);
    if (latin(picture.subarray(at + 4, at + 8)) === "caBX") found.push(picture.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  if (found.length > 1) throw flaw("there is not one store of credentials in it");
  return found[0] ?? null;
}

/** The label, the type and the boxes of a superbox. @param {Uint8Array} raw @param {Budget} budget */
function open(raw, budget) {
  const [description, ...held] = boxes(raw, budget);
  if (description?.kind !== "jumd" || description.content.length < 17) throw flaw("a box does not say what it is");
  const described = description.content;
  let label = "";
  if (described[16] & 2) {
    const end = described.indexOf(0, 17);
    if (end < 0) throw flaw("a box's name does not end");
    label = new TextDecoder().decode(described.subarray(17, end));
  }
  return { label, type: described.subarray(0, 16), held };
}

/** @param {Box} box */
function content(box) {
  if (box.kind !== "jumb") throw flaw("a box stands where none of its kind can");
  return box.content;
}

/** @param {Uint8Array} raw @param {Budget} budget @returns {Box[]} */
function boxes(raw, budget) {
  const found = [];
  for (let at = 0; at < raw.length; ) {
    // A head cut short is a small number, and refused as one.
    const length = at + 4 <= raw.length ? readU32(raw, at) : 0;
    if (length < 8 || at + length > raw.length || --budget.left < 0) throw flaw("a box is cut short, or there are too many");
    found.push({ kind: latin(raw.subarray(at + 4, at + 8)), content: raw.subarray(at + 8, at + length) });
    at += length;
  }
  return found;
}

/** @param {string} what */
const flaw = (what) =>
  new Flaw("sidecar-box", `the credentials inside the picture cannot be read: ${what}`, "Get the picture anew from where it was published, or give the proof that lies beside it.");
