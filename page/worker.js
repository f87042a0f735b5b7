/**
 * The second thread: it hashes while the first encrypts. Both run this one script, for a page from a file can load no other;
 * where a browser refuses such a worker, the first thread hashes as well.
 */
import { makeSha256 } from "./hash.js";

const MOST_WAITING = 16; // pieces of a mebibyte
const PATIENCE = 4000; // milliseconds

/** What runs in the worker. */
export async function serve() {
  const hasher = await makeSha256();
  onmessage = ({ data }) => {
    if (data instanceof ArrayBuffer) {
      hasher.update(new Uint8Array(data));
      postMessage(null);
    } else if (data === "begin") hasher.begin();
    else postMessage(hasher.end());
  };
  postMessage("ready");
}

/**
 * A hasher in a worker, or in this thread where none can be had.
 * @param {string} source this script @returns {Promise<import("./dossier.js").Hasher & {close(): void}>}
 */
export async function remoteSha256(source) {
  const worker = await start(source);
  if (!worker) return { ...(await makeSha256()), close() {} };
  let waiting = 0;
  /** @type {((value?: any) => void) | null} */
  let wake = null;
  /** @type {((value: any) => void) | null} */
  let done = null;
  /** @type {((reason: Error) => void) | null} */
  let failed = null;
  worker.onmessage = ({ data }) => {
    if (data) return done?.(data);
    waiting--;
    wake?.();
  };
  worker.onerror = () => failed?.(new Error("the second thread broke off"));
  const broken = new Promise((_, reject) => (failed = reject));
  broken.catch(() => {});
  return {
    begin: () => worker.postMessage("begin"),
    async update(data) {
      const copy = data.slice().buffer;
      worker.postMessage(copy, [copy]);
      waiting++;
      while (waiting > MOST_WAITING) await Promise.race([new Promise((resolve) => (wake = resolve)), broken]);
    },
    end() {
      const answer = new Promise((resolve) => (done = resolve));
      worker.postMessage("end");
      return Promise.race([answer, broken]);
    },
    close: () => worker.terminate(),
  };
}

/** @param {string} source @returns {Promise<Worker | null>} */
async function start(source) {
  if (!source) return null;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    const worker = new Worker(url);
    const ready = await new Promise((resolve) => {
      worker.onmessage = () => resolve(true);
      worker.onerror = () => resolve(false);
      setTimeout(() => resolve(false), PATIENCE);
    });
    if (ready) return worker;
    worker.terminate();
  } catch {
    // Refused.
  } finally {
    URL.revokeObjectURL(url);
  }
  return null;
}
