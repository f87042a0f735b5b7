/**
 * Where sealed bytes go: to files the person chose beforehand, written as they come; or into pieces of bounded size in memory
 * that are saved by hand. Only ciphertext comes here.
 */
import { Flaw } from "./flaw.js";

const PIECE = 4 << 20;

/** @typedef {import("./split.js").Sink} Sink */

/** A sink whose bytes wait until they are fetched. @implements {Sink} */
class Waiting {
  constructor() {
    /** @type {Uint8Array[]} */
    this._packets = [];
    this.length = 0;
    this.closed = false;
  }

  /** @param {Uint8Array} packet it is copied: its owner writes the next over it */
  write(packet) {
    this._packets.push(packet.slice());
    this.length += packet.length;
  }

  close() {
    this.closed = true;
  }

  /** @returns {Blob} what waits */
  take() {
    const blob = new Blob(/** @type {BlobPart[]} */ (this._packets), { type: "application/octet-stream" });
    this._packets = [];
    this.length = 0;
    return blob;
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
      if (file.sink.length < PIECE && !file.sink.closed) continue;
      try {
        file.stream ??= await this._handles[index].createWritable();
        await file.stream.write(file.sink.take());
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
        if (sink.length >= PIECE || (sink.closed && sink.length)) blobs[index].push(sink.take());
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
