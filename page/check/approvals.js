/** Approvals: which version of which story may be published, and who on the card says so. docs/spec/approval.md. */
import { equal } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { verifyNote } from "./signednote.js";
import { decimal, unbase64 } from "./text.js";

/** @typedef {{story: string, version: bigint, digest: Uint8Array}} Approval */
/** @typedef {{name: string, key: import("./signednote.js").Key}} Person */

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Read the text of an approval. @param {string} body @returns {Approval} */
export function readText(body) {
  const fields = body.split("\n").map((line) => line.split(": "));
  const names = fields.map((field) => (field.length === 2 ? field[0] : field.length === 1 ? `=${field[0]}` : "?")).join("|");
  if (names !== "=tamizdat-approval-v1|story|version|hash|=") throw flaw("it should have a story, a version and a hash");
  const [, [, story], [, version], [, digest]] = fields;
  let approval;
  try {
    approval = { story, version: decimal(version), digest: unbase64(digest, 32) };
  } catch (error) {
    throw flaw(/** @type {Error} */ (error).message);
  }
  if (!NAME.test(story) || story.length > 80 || approval.version < 1n) throw flaw("an approval of that story and version cannot be");
  return approval;
}

/** Read an approval, and name the persons whose signatures it carries. @param {Uint8Array} raw @param {Person[]} people @returns {[Approval, string[]]} */
export function approvers(raw, people) {
  const { text, signatures } = verifyNote(raw, people.map(({ key }) => key));
  const signed = ({ key }) => signatures.some(({ name, id }) => name === key.name && equal(id, key.id));
  return [readText(text), people.filter(signed).map(({ name }) => name)];
}

/** @param {string} what */
const flaw = (what) => new Flaw("approval-text", `the approval cannot be read: ${what}`, "Approve the story again.");
