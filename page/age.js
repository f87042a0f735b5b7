/**
 * Sealing with age (age-encryption.org/v1). typage makes the header; the payload's STREAM is ours, so that many chunks are
 * encrypted at once: WebCrypto's ChaCha20-Poly1305 where the browser has it, noble's in plain JavaScript where not.
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { Encrypter } from "age-encryption";
import { concat, random, utf8 } from "./bytes.js";

const CHUNK = 1 << 16;
const TAG = 16;
const AT_ONCE = 16; // chunks
const AHEAD = 3; // batches under way

/** @typedef {(nonce: Uint8Array, data: Uint8Array) => Promise<ArrayBuffer | Uint8Array>} Seal */

/** How long the age file of *plain* bytes is. @param {number} header @param {number} plain */
export const cipherLength = (header, plain) => header + plain + TAG * Math.max(1, Math.ceil(plain / CHUNK));

/**
 * Make a header for the recipients. @param {string[]} recipients
 * @returns {Promise<{head: Uint8Array, fileKey: Uint8Array, streamKey: Uint8Array}>} the header with the payload's nonce
 */
export async function begin(recipients) {
  const encrypter = new Encrypter();
  for (const one of recipients) encrypter.addRecipient(one);
  /** @type {Uint8Array} */
  let fileKey = new Uint8Array();
  // A recipient that takes no stanza, only the key: part tags are keyed by it.
  encrypter.addRecipient({ wrapFileKey: (/** @type {Uint8Array} */ key) => ((fileKey = key.slice()), []) });
  const sealed = await encrypter.encrypt(new Uint8Array());
  const header = sealed.slice(0, sealed.length - 2 * TAG);
  const nonce = random(16);
  return { head: concat(header, nonce), fileKey, streamKey: hkdf(sha256, fileKey, nonce, utf8("payload"), 32) };
}

/** The payload's cipher. @param {Uint8Array} key @param {boolean} [plain] do without the browser's own @returns {Promise<Seal>} */
export async function cipher(key, plain = false) {
  const name = "ChaCha20-Poly1305";
  try {
    if (plain) throw new Error("not asked for");
    const own = await crypto.subtle.importKey(/** @type {"raw"} */ ("raw-secret"), key, name, false, ["encrypt"]);
    const seal = (/** @type {Uint8Array} */ iv, /** @type {Uint8Array} */ data) => crypto.subtle.encrypt({ name, iv }, own, data);
    // Whatever a browser means by that name, it must be what age means by it.
    const [nonce, probe] = [new Uint8Array(12).fill(255), utf8("probe")];
    const theirs = new Uint8Array(await seal(nonce, probe));
    if (String(theirs) === String(chacha20poly1305(key, nonce).encrypt(probe))) return seal;
  } catch {
    // It is not known here.
  }
  return async (nonce, data) => chacha20poly1305(key, nonce).encrypt(data);
}

/** Encrypts a stream: write() as often as wanted, then end(). Memory: a few mebibytes. */
export class Stream {
  /** @param {Seal} seal @param {(pieces: Uint8Array[]) => void | Promise<void>} put is given pieces in order and owns them */
  constructor(seal, put) {
    this._seal = seal;
    this._put = put;
    this._number = 0;
    this._buffer = new Uint8Array(CHUNK * AT_ONCE);
    this._fill = 0;
    /** @type {Promise<Uint8Array[]>[]} */
    this._ahead = [];
  }

  /** @param {Uint8Array} data */
  async write(data) {
    for (let at = 0; at < data.length; ) {
      // Only now is it known that the last chunk in the buffer is not the last of all.
      if (this._fill === this._buffer.length) await this._flush(false);
      const count = Math.min(data.length - at, this._buffer.length - this._fill);
      this._buffer.set(data.subarray(at, at + count), this._fill);
      this._fill += count;
      at += count;
    }
  }

  /** The last chunk, which age knows to be the last. */
  async end() {
    await this._flush(true);
    while (this._ahead.length) await this._give();
  }

  /** @param {boolean} last */
  async _flush(last) {
    const plain = this._buffer.subarray(0, this._fill);
    const chunks = [];
    for (let at = 0; at === 0 || at < plain.length; at += CHUNK) {
      const final = last && at + CHUNK >= plain.length;
      chunks.push(this._seal(this._nonce(final), plain.subarray(at, at + CHUNK)));
    }
    const batch = Promise.all(chunks).then((all) => all.map((one) => new Uint8Array(one)));
    batch.catch(() => {}); // it is told where it is awaited
    this._ahead.push(batch);
    this._buffer = new Uint8Array(CHUNK * AT_ONCE);
    this._fill = 0;
    while (this._ahead.length >= AHEAD) await this._give();
  }

  async _give() {
    await this._put((await this._ahead.shift()) ?? []);
  }

  /** Eleven bytes count the chunks, the twelfth is 1 for the last. @param {boolean} final */
  _nonce(final) {
    const nonce = new Uint8Array(12);
    const view = new DataView(nonce.buffer);
    view.setUint32(3, Math.floor(this._number / 2 ** 32));
    view.setUint32(7, this._number % 2 ** 32);
    nonce[11] = Number(final);
    this._number++;
    return nonce;
  }
}
