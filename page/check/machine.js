/**
 * The picture codec (src/tamizdat/redaction/codec/jdct.c) as WebAssembly: the very module that Python runs, one fresh instance for one picture.
 *
 * It imports nothing: it cannot open, send or ask for anything. Whoever runs this gives the module first: `prepare`.
 */
import { Flaw } from "../flaw.js";

/** @type {WebAssembly.Module | null} */
let module = null;

/** @param {BufferSource} code what jdct.wasm holds */
export async function prepare(code) {
  try {
    module ??= await WebAssembly.compile(code);
  } catch {
    throw new Flaw("codec-missing", "this browser does not run WebAssembly here, and pictures cannot be read without", "Use Chromium or Firefox, without a setting that forbids WebAssembly.");
  }
}

export class Machine {
  constructor() {
    if (!module) throw new Flaw("codec-missing", "the picture codec was not prepared");
    this.calls = /** @type {any} */ (new WebAssembly.Instance(module).exports);
    // Room for one small message and its hash: most that is hashed has 41 or 65 bytes.
    this.scratch = this.alloc(192);
    this.digest = this.alloc(32);
  }

  /** The memory as it stands; taken anew after every call that may let it grow. */
  get bytes() {
    return new Uint8Array(this.calls.memory.buffer);
  }

  /** @param {number} length @returns {number} an address */
  alloc(length) {
    const address = this.calls.alloc(length) >>> 0;
    if (!address) throw tooLarge();
    this.view = this.bytes;
    return address;
  }

  /** @param {Uint8Array} data @returns {number} where it was put */
  place(data) {
    const address = this.alloc(data.length);
    this.view.set(data, address);
    return address;
  }

  /** @param {string} name @param {...number} values @returns {number} */
  call(name, ...values) {
    const answer = this.calls[name](...values) >>> 0;
    this.view = this.bytes;
    return answer;
  }

  /** SHA-256 of what lies in the memory. @param {number} address @param {number} length @returns {Uint8Array} */
  hashAt(address, length) {
    this.calls.sha256(address, length, this.digest);
    return this.view.slice(this.digest, this.digest + 32);
  }

  /** SHA-256 of some small parts joined, 192 bytes at most. @param {...Uint8Array} parts @returns {Uint8Array} */
  hash(...parts) {
    let at = this.scratch;
    for (const part of parts) {
      this.view.set(part, at);
      at += part.length;
    }
    return this.hashAt(this.scratch, at - this.scratch);
  }
}

export const tooLarge = () => new Flaw("jpeg-limit", "the picture is too large, or too laborious, to be read here");
