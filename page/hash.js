/**
 * SHA-256 and BLAKE3: WebAssembly (hash-wasm) where it may run, plain JavaScript (noble) where not.
 *
 * A hasher is used for one message after another: begin(), update() as often as wanted, end().
 */
import { blake3 as plainBlake3 } from "@noble/hashes/blake3.js";
import { sha256 as plainSha256 } from "@noble/hashes/sha2.js";
import { createBLAKE3, createSHA256 } from "hash-wasm";

/** @typedef {{begin(): void, update(data: Uint8Array): void, end(): Uint8Array}} Hasher */

/** The whole message at once: for small ones. @param {Uint8Array} data @returns {Uint8Array} */
export const sha256 = (data) => plainSha256(data);

/** @returns {Promise<Hasher>} */
export const makeSha256 = () => make(() => createSHA256(), () => plainSha256.create());

/** @param {Uint8Array} [key] 32 bytes, for the keyed kind @returns {Promise<Hasher>} */
export const makeBlake3 = (key) => make(() => createBLAKE3(256, key ?? null), () => plainBlake3.create(key ? { key } : {}));

/** @param {() => Promise<any>} fast @param {() => any} plain @returns {Promise<Hasher>} */
async function make(fast, plain) {
  try {
    const state = await fast();
    return { begin: () => void state.init(), update: (data) => void state.update(data), end: () => state.digest("binary") };
  } catch {
    // Where WebAssembly is forbidden or missing.
    let state = plain();
    return { begin: () => void (state = plain()), update: (data) => void state.update(data), end: () => state.digest() };
  }
}
