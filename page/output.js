/**
 * Where sealed bytes go: to files the person chose beforehand, written as they come; or into pieces of bounded size in memory
 * that are saved by hand. Only ciphertext comes here.
 */
import { Flaw } from "./flaw.js";

const PIECE = 2 << 20;

/** @typedef {import("./split.js").Sink} Sink */
/**
 * Where the bytes go. All sinks of a volume are open together. `room` is awaited between pieces: it brings what was written
 * to where it belongs, and waits while too much is in memory.
 * @typedef {{open(index: number, volume: number): Waiting, room(): Promise<void>}} Output
 */

/** A sink whose bytes wait until they are fetched. @implements {Sink} */
export class Waiting {
  constructor() {
    /** @type {Uint8Array[]} */
    this._full = [];
    this._buffer = new Uint8Array(0);
    this._fill = 0;
    this.closed = false;
  }

  /** @param {Uint8Array} packet it is copied: its owner writes the next over it */
  write(packet) {
    for (let at = 0; at < packet.length; ) {
      if (this._fill === this._buffer.length) this._turn();
      const count = Math.min(packet.length - at, this._buffer.length - this._fill);
      this._buffer.set(packet.subarray(at, at + count), this._fill);
      this._fill += count;
      at += count;
    }
  }

  /** @param {Uint8Array} piece it is kept as it is */
  give(piece) {
    this._full.push(piece);
  }

  close() {
    this.closed = true;
    this._turn();
  }

  _turn() {
    if (this._fill) this._full.push(this._buffer.subarray(0, this._fill));
    this._buffer = new Uint8Array(this.closed ? 0 : PIECE);
    this._fill = 0;
  }

  /** @returns {Uint8Array[]} the pieces that are full, and all of them where it is closed */
  take() {
    return this._full.splice(0);
  }
}

/** Files that were chosen beforehand, one for each way; each is whole only when it was closed. */
export class FilesOutput {
  /** @param {FileSystemFileHandle[]} handles */
  constructor(handles) {
    this._handles = handles;
    /** @type {Map<number, {sink: Waiting, stream: FileSystemWritableFileStream | null}>} */
    this._files = new Map();
  }

  /** @param {number} index */
  open(index) {
    const sink = new Waiting();
    this._files.set(index, { sink, stream: null });
    return sink;
  }

  async room() {
    for (const [index, file] of this._files) {
      const pieces = file.sink.take();
      if (!pieces.length && !file.sink.closed) continue;
      try {
        file.stream ??= await this._handles[index].createWritable();
        for (const piece of pieces) await file.stream.write(/** @type {BufferSource} */ (piece));
        if (file.sink.closed) {
          await file.stream.close();
          this._files.delete(index);
        }
      } catch (error) {
        throw new Flaw("disk", `file ${index + 1} cannot be written: ${error instanceof Error ? error.name : "unknown"}`);
      }
    }
  }

  /** Give up: what was begun is not kept. */
  async abandon() {
    for (const { stream } of this._files.values()) await stream?.abort().catch(() => {});
  }
}

/** Pieces in memory, offered as each volume is complete; the next one waits until these were let go. */
export class OfferedOutput {
  /** @param {(volume: number, blobs: Blob[]) => Promise<void>} offer resolves when the person has saved them */
  constructor(offer) {
    this._offer = offer;
    /** @type {Map<number, {sinks: Waiting[], blobs: Blob[][]}>} */
    this._volumes = new Map();
  }

  /** @param {number} index @param {number} volume */
  open(index, volume) {
    const sink = new Waiting();
    const found = this._volumes.get(volume) ?? { sinks: [], blobs: [] };
    this._volumes.set(volume, found);
    found.sinks[index] = sink;
    found.blobs[index] = [];
    return sink;
  }

  async room() {
    for (const [volume, { sinks, blobs }] of this._volumes) {
      // The browser may keep a large blob on its disk: ciphertext.
      sinks.forEach((sink, index) => {
        for (const piece of sink.take()) blobs[index].push(new Blob([/** @type {BlobPart} */ (piece)]));
      });
      if (!sinks.every((sink) => sink.closed)) continue;
      this._volumes.delete(volume);
      await this._offer(volume, blobs.map((pieces) => new Blob(pieces, { type: "application/octet-stream" })));
    }
  }

  async abandon() {
    this._volumes.clear();
  }
}
