/**
 * Other threads: one hashes, one splits, while the first reads and encrypts. All run this one script, for a page from a file can
 * load no other; where a browser refuses such a worker, the first thread does their work too.
 */
import { Flaw } from "./flaw.js";
import { makeBlake3, makeSha256 } from "./hash.js";
import { Waiting } from "./output.js";
import { Splitter } from "./split.js";

const PATIENCE = 4000; // milliseconds until a worker must have begun
const HASHES_AHEAD = 16; // pieces of a mebibyte
const SPLITS_AHEAD = 3; // batches of a mebibyte

/** @typedef {import("./output.js").Output} Output */
/**
 * @typedef {{need: number, total: number, packet: number, setId: Uint8Array, volumeRows: number | null,
 *   tagKey: Uint8Array}} Plan of a splitting
 * @typedef {{index: number, volume: number, pieces: Uint8Array[], closed: boolean}} Made what there is new of a part
 */

/** What runs in a worker: the first message says what it is for, and each is answered. */
export function serve() {
  /** @type {(data: any) => any} */
  let work = async (plan) => {
    work = plan === "hash" ? hashing(await makeSha256()) : splitting(await splitter(plan));
    return "ready";
  };
  let turn = Promise.resolve();
  onmessage = ({ data }) => {
    turn = turn.then(async () => {
      try {
        const answer = await work(data);
        const buffers = Array.isArray(answer) ? answer.flatMap((/** @type {Made} */ one) => one.pieces.map((piece) => piece.buffer)) : [];
        postMessage({ answer }, { transfer: buffers });
      } catch (error) {
        const { code = "", message = "", mend = "" } = /** @type {any} */ (error);
        postMessage({ flaw: [code, message, mend] });
      }
    });
  };
}

/** @param {import("./hash.js").Hasher} hasher */
const hashing = (hasher) => (/** @type {any} */ data) =>
  data === "begin" ? hasher.begin() : data === "end" ? hasher.end() : hasher.update(data);

/** @param {Awaited<ReturnType<typeof splitter>>} made */
const splitting = ({ splitter, fresh }) => (/** @type {any} */ data) => {
  if (data === "end") splitter.close();
  else for (const piece of data) splitter.write(piece);
  return fresh();
};

/** A splitter whose parts wait to be fetched. @param {Plan} plan */
async function splitter({ tagKey, ...how }) {
  /** @type {{index: number, volume: number, sink: Waiting}[]} */
  let open = [];
  const begin = (/** @type {number} */ index, /** @type {number} */ volume) => {
    const sink = new Waiting();
    open.push({ index, volume, sink });
    return sink;
  };
  const fresh = () => {
    const made = open.map(({ index, volume, sink }) => ({ index, volume, pieces: sink.take(), closed: sink.closed }));
    open = open.filter(({ sink }) => !sink.closed);
    return made;
  };
  return { splitter: new Splitter(begin, { ...how, check: await makeBlake3(), tag: await makeBlake3(tagKey) }), fresh };
}

/** A hasher in another thread, or in this one. @param {string} script @returns {Promise<import("./dossier.js").Hasher & {close(): void}>} */
export async function remoteSha256(script) {
  const worker = await Remote.start(script, "hash");
  if (!worker) return { ...(await makeSha256()), close() {} };
  return {
    begin: () => void worker.ask("begin"),
    async update(data) {
      worker.ask(data, [data.buffer]);
      await worker.room(HASHES_AHEAD);
    },
    end: () => worker.ask("end"),
    close: () => worker.close(),
  };
}

/** A splitter in another thread, or in this one. @param {string} script @param {Plan} plan @param {Output} output */
export async function remoteSplitter(script, plan, output) {
  const worker = await Remote.start(script, plan);
  const own = worker ? null : splitting(await splitter(plan));
  /** @type {Map<string, Waiting>} */
  const sinks = new Map();
  /** @type {Promise<Made[]>[]} */
  const ahead = [];
  const take = (/** @type {Made[]} */ all) => {
    for (const { index, volume, pieces, closed } of all) {
      const key = `${volume} ${index}`;
      const sink = sinks.get(key) ?? output.open(index, volume);
      sinks.set(key, sink);
      for (const piece of pieces) sink.give(piece);
      if (!closed) continue;
      sink.close();
      sinks.delete(key);
    }
    return output.room();
  };
  const next = async () => take((await ahead.shift()) ?? []);
  const give = (/** @type {any} */ data) => {
    const buffers = data === "end" ? [] : data.map((/** @type {Uint8Array} */ piece) => piece.buffer);
    ahead.push(worker ? worker.ask(data, buffers) : Promise.resolve(own?.(data)));
    ahead[ahead.length - 1].catch(() => {}); // it is told where it is awaited
  };
  return {
    async write(/** @type {Uint8Array[]} */ pieces) {
      give(pieces);
      while (ahead.length >= (worker ? SPLITS_AHEAD : 1)) await next();
    },
    async end() {
      give("end");
      while (ahead.length) await next();
    },
    close: () => worker?.close(),
  };
}

/** A worker that answers each message in its turn. */
class Remote {
  /** @param {Worker} worker */
  constructor(worker) {
    this._worker = worker;
    /** @type {{resolve: (value: any) => void, reject: (reason: Error) => void}[]} */
    this._asked = [];
    /** @type {() => void} */
    this._wake = () => {};
    /** @type {Error | null} */
    this._broken = null;
    worker.onmessage = ({ data: { answer, flaw } }) => {
      if (flaw) this._asked.shift()?.reject(new Flaw(...(/** @type {[string, string]} */ (flaw))));
      else this._asked.shift()?.resolve(answer);
      this._wake();
    };
    worker.onerror = () => {
      this._broken = new Flaw("thread", "the second thread broke off");
      for (const { reject } of this._asked.splice(0)) reject(this._broken);
      this._wake();
    };
  }

  /** @param {string} script @param {any} plan the first message @returns {Promise<Remote | null>} */
  static async start(script, plan) {
    if (!script) return null;
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    try {
      const remote = new Remote(new Worker(url));
      const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
      if ((await Promise.race([remote.ask(plan), late])) === "ready") return remote;
      remote.close();
    } catch {
      // Refused.
    } finally {
      URL.revokeObjectURL(url);
    }
    return null;
  }

  /** @param {any} data @param {Transferable[]} [buffers] @returns {Promise<any>} the answer */
  ask(data, buffers = []) {
    if (this._broken) return Promise.reject(this._broken);
    const answer = new Promise((resolve, reject) => this._asked.push({ resolve, reject }));
    answer.catch(() => {}); // it is told where it is awaited, or by room()
    this._worker.postMessage(data, buffers);
    return answer;
  }

  /** Wait while more than so many messages have no answer. @param {number} most */
  async room(most) {
    while (this._asked.length > most && !this._broken) await new Promise((resolve) => (this._wake = () => resolve(null)));
    if (this._broken) throw this._broken;
  }

  close() {
    this._worker.terminate();
  }
}
