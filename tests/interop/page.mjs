// The field page's modules without a browser, driven by test_js_joiner.py: a list of jobs in, a list of answers out (JSON).
import { readFileSync, writeFileSync } from "node:fs";

import * as card from "../../page/card.js";
import { dossier, paddingLength } from "../../page/dossier.js";
import { generator } from "../../page/erasure.js";
import { makeBlake3, makeSha256 } from "../../page/hash.js";
import { Joiner } from "../../page/join.js";
import * as part from "../../page/part.js";
import { Splitter } from "../../page/split.js";
import { header } from "../../page/tar.js";
import { WORDS } from "../../page/wordlist.js";
import * as words from "../../page/words.js";

const check = await makeBlake3();
const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));
const file = (path) => {
  const data = new Uint8Array(readFileSync(path));
  return { name: path, size: data.length, read: async (at, count) => data.subarray(at, at + count) };
};

/** A file in memory, read in pieces of odd lengths. */
const piecewise = (bytes) => {
  let at = 0;
  return { next: async () => (at < bytes.length ? bytes.subarray(at, (at += 30_001)) : null), close() {} };
};

const verbs = {
  /** A strict reading of a part. */
  part: ({ path }) => ({ packets: part.read(new Uint8Array(readFileSync(path)), check).length }),

  /** Parts into ciphertext. */
  async join({ paths, out }) {
    const joiner = new Joiner(paths.map(file), check);
    const rows = [];
    for await (const row of joiner.rows()) rows.push(row);
    writeFileSync(out, Buffer.concat(rows));
    return {};
  },

  /** Ciphertext into parts: out/VOLUME-INDEX. */
  async split({ path, out, need, total, packet, setId, volumeRows, length, tagKey, pieces }) {
    const tag = tagKey ? await makeBlake3(unhex(tagKey)) : null;
    const open = (index, volume) => {
      const packets = [];
      return {
        write: (one) => packets.push(one.slice()),
        close: () => writeFileSync(`${out}/${volume}-${index}`, Buffer.concat(packets)),
      };
    };
    const splitter = new Splitter(open, { need, total, packet, setId: unhex(setId), volumeRows, length, check, tag });
    const data = new Uint8Array(readFileSync(path));
    for (let at = 0; at < data.length; at += pieces) splitter.write(data.subarray(at, at + pieces));
    splitter.close();
    return {};
  },

  words: () => ({ words: WORDS }),

  lengths: ({ path, time, sizes }) => ({
    headers: sizes.map((size) => Buffer.from(header(path, size, time)).toString("hex")),
    paddings: sizes.map(paddingLength),
  }),

  matrix: ({ need, total }) => ({ rows: generator(need, total) }),

  card: ({ path }) => {
    const found = card.read(new Uint8Array(readFileSync(path)));
    return { name: found.name, words: words.cardWords(found.fingerprint).join(" ") };
  },

  /** The plaintext of a dossier of files in memory, with a secret that is not random. */
  async dossier({ out, files, note, secret, created }) {
    const pieces = [];
    const sources = files.map(({ name, data }) => {
      const bytes = unhex(data);
      return { name: unhex(name), size: bytes.length, how: "as handed over by the system", open: () => piecewise(bytes) };
    });
    const sealed = await dossier({
      sources, note: note === null ? null : unhex(note), secret: unhex(secret), created,
      hasher: await makeSha256(), write: (piece) => void pieces.push(piece.slice()),
    });
    writeFileSync(out, Buffer.concat(pieces));
    return { words: words.checkWords(sealed.announcement).join(" "), digits: words.digits(sealed.announcement) };
  },
};

const answers = [];
for (const job of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    answers.push(await verbs[job.verb](job));
  } catch (error) {
    answers.push({ code: error.code ?? String(error.stack), what: String(error.message) });
  }
}
process.stdout.write(JSON.stringify(answers));
