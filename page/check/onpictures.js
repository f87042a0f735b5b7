/**
 * The pictures of an edition, each checked against the proof beside it, and how many have none. The same as wire/onpictures.py.
 *
 * How one is checked is sidecar.js's. It is NOT a judge of what a picture shows. docs/spec/edition.md, "Verifying", step 9.
 */
import { utf8 } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { readSidecar } from "./beside.js";
import { readCard } from "./room.js";

/** @typedef {import("./findings.js").Files} Files */
/** @typedef {import("./list.js").Edition} Edition */
/** Checks one picture, in whichever thread. @typedef {(picture: Uint8Array, beside: Uint8Array) => Promise<import("./sidecar.js").Checked | null>} Judge */

const PROOF = /^(media\/.+)\.proof$/;
const MAX_PICTURE = 128 << 20;
const MAX_PROOF = 16 << 20;

/**
 * Check every picture with a proof; where the list is in doubt, nothing is proven by it.
 * @param {Files} files @param {import("./room.js").Room} card @param {Edition} made @param {boolean} signed @param {Judge} judge @param {(path: string) => void} progress
 */
export async function check(files, card, made, signed, judge, progress) {
  const listed = new Set(made.files.map(({ path }) => path));
  for (const proof of listed) {
    const path = PROOF.exec(proof)?.[1];
    if (!path) continue;
    if (listed.has(path)) await one(files, card, path, proof, signed, judge);
    else files.found.fault("edition-proof-alone", proof);
    progress(path);
  }
}

/** Say how many pictures are the newsroom's word alone. @param {Files} files @param {Edition} made */
export function attested({ found }, made) {
  const listed = new Set(made.files.map(({ path }) => path));
  const pictures = [...listed].filter((path) => path.startsWith("media/") && !PROOF.test(path));
  const bare = pictures.filter((path) => !listed.has(`${path}.proof`));
  if (bare.length) found.add("unproven", "edition-pictures", { count: bare.length, all: pictures.length });
}

/** @param {Files} files @param {import("./room.js").Room} card @param {string} path @param {string} proof @param {boolean} signed @param {Judge} judge */
async function one(files, card, path, proof, signed, judge) {
  const { found } = files;
  const picture = await files.read(path, MAX_PICTURE + 1);
  const raw = await files.read(proof, MAX_PROOF + 1);
  if (!picture || !raw) return; // it is missing, and was named already
  let checked, own;
  try {
    const sidecar = readSidecar(raw);
    checked = await judge(picture, raw);
    const faults = checked?.findings.filter(({ kind }) => kind === "fault") ?? [];
    for (const { code } of faults) found.fault(code, path, { flaw: code }, "edition-picture-fault");
    if (!checked || faults.length) return;
    own = readCard(utf8(sidecar.card));
  } catch (error) {
    if (!(error instanceof Flaw)) throw error;
    const where = error.code.startsWith("sidecar-") ? proof : path;
    found.fault(error.code, where, { flaw: error.code }, "edition-picture-fault");
    return;
  }
  if (card.newsroom !== own.newsroom && card.newsroom !== own.previous && own.newsroom !== card.previous) {
    found.fault("edition-proof-card", proof, { name: own.name });
  } else if (signed) {
    const params = Object.assign({ percent: 0 }, ...checked.findings.map(({ code, params }) => (["hidden", "unchanged-since"].includes(code) ? params : {})));
    const kind = checked.verdict === "proven" ? "proven" : "stated";
    found.add(kind, `edition-picture-${kind}`, { ...params, where: path });
  }
}
