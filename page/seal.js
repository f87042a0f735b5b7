/** Sealing: files to a dossier, to an age file, to parts. It shows nothing and saves nothing: an output is handed in. */
import * as age from "./age.js";
import { random } from "./bytes.js";
import { partTagKey } from "./derive.js";
import { dossier } from "./dossier.js";
import * as part from "./part.js";
import { remoteSha256, remoteSplitter } from "./worker.js";

/** @typedef {import("./output.js").Output} Output */
/** @typedef {{write(pieces: Uint8Array[]): Promise<void>, end(): Promise<void>, close(): void}} Target */

/**
 * @param {{recipients: string[], sources: import("./dossier.js").Source[], note: Uint8Array | null, created: number,
 *   output: Output, split: {need: number, total: number, partSize: number | null} | null,
 *   progress?: (done: number) => void, script: string}} job *split* null: one file; *script*: this one, for the other threads
 */
export async function seal({ recipients, sources, note, created, output, split, progress, script }) {
  const { head, fileKey, streamKey } = await age.begin(recipients);
  const total = sources.reduce((sum, one) => sum + one.size, note?.length ?? 0);
  const target = split ? await remoteSplitter(script, plan(split, total, fileKey), output) : whole(output);
  const hasher = await remoteSha256(script);
  try {
    await target.write([head]);
    const stream = new age.Stream(await age.cipher(streamKey), (pieces) => target.write(pieces));
    const write = (/** @type {Uint8Array} */ piece) => stream.write(piece);
    const sealed = await dossier({ sources, note, created, hasher, write, progress });
    await stream.end();
    await target.end();
    return sealed;
  } finally {
    hasher.close();
    target.close();
  }
}

/** @param {{need: number, total: number, partSize: number | null}} split @param {number} length @param {Uint8Array} fileKey */
function plan({ need, total, partSize }, length, fileKey) {
  const share = Math.ceil(length / need);
  const packet = part.packetSize(Math.min(share, partSize ?? share));
  const volumeRows = partSize ? part.rowsFor(partSize, packet) : null;
  return { need, total, packet, setId: random(16), volumeRows, tagKey: partTagKey(fileKey) };
}

/** One file. @param {Output} output @returns {Target} */
function whole(output) {
  const sink = output.open(0, 0);
  return {
    async write(pieces) {
      for (const piece of pieces) sink.write(piece);
      await output.room();
    },
    async end() {
      sink.close();
      await output.room();
    },
    close() {},
  };
}
