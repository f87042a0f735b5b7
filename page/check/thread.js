/**
 * The second thread: it checks a picture while the first keeps the page alive. It runs this page's one script, for a page from a file
 * can load no other; where a browser refuses such a worker, the first thread checks.
 */
import { Flaw } from "../flaw.js";
import { prepare } from "./machine.js";
import { checkFiles } from "./sidecar.js";

const BEGIN = 4_000; // milliseconds until a worker must have begun
const MOST = 60_000; // milliseconds for one check

/** @typedef {{picture: Uint8Array, beside: Uint8Array | null, words: string, now: number}} Job */
/** @typedef {import("./sidecar.js").Checked | null} Answer */

/** What runs in a worker: one job, one answer. @param {BufferSource} codec */
export function serve(codec) {
  onmessage = async ({ data }) => {
    try {
      postMessage({ answer: await work(data, codec, (share) => postMessage({ share })) });
    } catch (error) {
      const { code = "page", message = String(error) } = /** @type {any} */ (error);
      postMessage({ flaw: [code, message] });
    }
  };
  postMessage({ ready: true });
}

/** @param {Job} job @param {BufferSource} codec @param {(share: number) => void} progress @returns {Promise<Answer>} */
async function work({ picture, beside, words, now }, codec, progress) {
  await prepare(codec);
  return checkFiles(picture, beside, { words, now, progress });
}

/** Check in another thread, or in this one. @param {string} script @param {Job} job @param {BufferSource} codec @param {(share: number) => void} progress @returns {Promise<Answer>} */
export async function checkApart(script, job, codec, progress) {
  const worker = await start(script);
  return worker ? ask(worker, job, progress).finally(() => worker.terminate()) : work(job, codec, progress);
}

/** @param {string} script @returns {Promise<Worker | null>} one that has begun */
async function start(script) {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  try {
    const worker = new Worker(url);
    const begun = await new Promise((resolve) => {
      worker.onmessage = () => resolve(true);
      worker.onerror = () => resolve(false);
      setTimeout(() => resolve(false), BEGIN);
    });
    if (begun) return worker;
    worker.terminate();
  } catch {
    // Refused.
  } finally {
    URL.revokeObjectURL(url);
  }
  return null;
}

/** @param {Worker} worker @param {Job} job @param {(share: number) => void} progress @returns {Promise<Answer>} */
const ask = (worker, job, progress) =>
  new Promise((resolve, reject) => {
    const stop = setTimeout(() => reject(new Flaw("codec-time", "checking took too long")), MOST);
    worker.onmessage = ({ data }) => {
      if (data.share !== undefined) return progress(data.share);
      clearTimeout(stop);
      if (data.flaw) reject(new Flaw(...(/** @type {[string, string]} */ (data.flaw))));
      else resolve(data.answer);
    };
    worker.onerror = () => reject(new Flaw("thread", "the second thread broke off"));
    worker.postMessage(job);
  });
