// The verifier page's modules without a browser, driven by test_check_page.py: a list of jobs in, a list of answers out (JSON).
import { readFileSync } from "node:fs";

import { Jpeg } from "../../page/check/jpeg.js";
import { prepare } from "../../page/check/machine.js";
import { findSidecar, readSidecar } from "../../page/check/beside.js";
import { verify as verifyText } from "../../page/check/prose.js";
import { readPicture, verify } from "../../page/check/redaction.js";
import { checkFiles } from "../../page/check/sidecar.js";
import { verifyStamp } from "../../page/check/stamp.js";
import { readPem } from "../../page/check/x509.js";

await prepare(readFileSync(new URL("../../src/tamizdat/redaction/codec/jdct.wasm", import.meta.url)));

/** What follows the head of a vector. */
const body = (path) => {
  const file = new Uint8Array(readFileSync(path));
  return file.slice(file.findIndex((byte, at) => byte === 10 && file[at + 1] === 10) + 2);
};

const verbs = {
  /** A vector of a picture. */
  async picture({ path }) {
    const raw = body(path);
    if (raw[0] === 0x89) await readPicture(raw);
    else new Jpeg(raw);
    return {};
  },

  /** A vector of a picture or text and its proof. */
  async proof({ path }) {
    const raw = body(path);
    const length = new DataView(raw.buffer).getUint32(32);
    const parts = [raw.subarray(36 + length), raw.subarray(36, 36 + length), raw.subarray(0, 32)];
    if (path.includes("/text-")) return verifyText(...parts);
    const { tiles, hidden } = await verify(...parts);
    return { tiles, hidden: hidden.reduce((sum, one) => sum + one, 0) };
  },

  /** A vector of a sidecar's file, or of a picture that holds one. */
  sidecar({ path, inside }) {
    const raw = inside ? findSidecar(body(path)) : body(path);
    readSidecar(raw);
    return {};
  },

  /** A time stamp. */
  stamp: ({ path, data, roots }) => verifyStamp(new Uint8Array(readFileSync(path)), new Uint8Array(readFileSync(data)), readPem(readFileSync(roots, "latin1"))),

  /** The same by its bytes. */
  bytes({ response, data, roots }) {
    const [first, second] = [response, data].map((one) => new Uint8Array(Buffer.from(one, "base64")));
    return verifyStamp(first, second, readPem(roots));
  },

  /** A whole check. */
  async check({ path }) {
    const { picture, sidecar, card_words: words, now } = JSON.parse(readFileSync(path, "utf8"));
    const beside = sidecar === null ? null : new Uint8Array(Buffer.from(sidecar));
    const { verdict, findings } = await checkFiles(new Uint8Array(Buffer.from(picture, "base64")), beside, { words: words ?? "", now });
    return { verdict, found: findings.map(({ kind, code, params }) => [kind, code, params]) };
  },
};

const answers = [];
for (const job of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    answers.push(await verbs[job.verb](job));
  } catch (error) {
    if (!error.code) throw error;
    answers.push({ code: error.code, what: error.message });
  }
}
console.log(JSON.stringify(answers));
