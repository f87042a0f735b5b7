/** Sealing: files to a dossier, to an age file, to parts. It shows nothing and saves nothing: an output is handed in. */
import * as age from "./age.js";
import { random } from "./bytes.js";
import { partTagKey } from "./derive.js";
import { dossier } from "./dossier.js";
import { makeBlake3 } from "./hash.js";
import * as part from "./part.js";
import { Splitter } from "./split.js";

/**
 * Where the bytes go. All sinks of a volume are open together. `room` is awaited between pieces: it brings what was written
 * to where it belongs, and waits while too much is in memory.
 * @typedef {{open(index: number, volume: number): import("./split.js").Sink, room(): Promise<void>}} Output
 */

/**
 * @param {{recipients: string[], sources: import("./dossier.js").Source[], leftOut?: import("./dossier.js").LeftOut[],
 *   note: Uint8Array | null, created: number, hasher: import("./dossier.js").Hasher, output: Output,
 *   split: {need: number, total: number, partSize: number | null} | null, progress?: (done: number) => void,
 *   plain?: boolean}} job *split* null: one file; *plain*: without the browser's own cipher
 */
export async function seal({ recipients, sources, note, created, hasher, output, split, progress, plain, leftOut }) {
  const { head, fileKey, streamKey } = await age.begin(recipients);
  const total = sources.reduce((sum, one) => sum + one.size, note?.length ?? 0);
  const target = split ? await splitter(split, total, partTagKey(fileKey), output) : output.open(0, 0);
  const put = async (/** @type {Uint8Array} */ piece) => {
    target.write(piece);
    await output.room();
  };
  await put(head);
  const stream = new age.Stream(await age.cipher(streamKey, plain), put);
  const write = (/** @type {Uint8Array} */ piece) => stream.write(piece);
  const sealed = await dossier({ sources, note, leftOut, created, hasher, write, progress });
  await stream.end();
  target.close();
  await output.room();
  return sealed;
}

/** @param {{need: number, total: number, partSize: number | null}} split @param {number} total @param {Uint8Array} key @param {Output} output */
async function splitter({ need, total: parts, partSize }, total, key, output) {
  const length = Math.ceil(total / need);
  const packet = part.packetSize(Math.min(length, partSize ?? length));
  const volumeRows = partSize ? part.rowsFor(partSize, packet) : null;
  const [check, tag] = [await makeBlake3(), await makeBlake3(key)];
  const open = (/** @type {number} */ index, /** @type {number} */ volume) => output.open(index, volume);
  return new Splitter(open, { need, total: parts, packet, setId: random(16), volumeRows, check, tag });
}
