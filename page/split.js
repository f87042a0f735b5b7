/**
 * Splitting: ciphertext into the parts of a set, in one pass. It does NOT encrypt. docs/spec/part.md, "Writing".
 *
 * One row of packets is in memory at a time. A part's sink takes each packet before the call returns, or copies it.
 */
import { generator, multiply } from "./erasure.js";
import { Flaw } from "./flaw.js";
import * as part from "./part.js";

/** @typedef {{write(packet: Uint8Array): void, close(): void}} Sink */

export class Splitter {
  /**
   * @param {(index: number, volume: number) => Sink} open all sinks of a volume are open together
   * @param {{need: number, total: number, packet: number, setId: Uint8Array, volumeRows?: number | null,
   *   length?: number | null, check: import("./hash.js").Hasher, tag?: import("./hash.js").Hasher | null}} how
   */
  constructor(open, { need, total, packet, setId, volumeRows = null, length = null, check, tag = null }) {
    if (!(need >= 1 && need <= total && total <= part.CAPACITY)) {
      throw new Flaw("carry-counts", `any ${need} of ${total} parts cannot be`, "Choose other numbers of parts.");
    }
    this.shape = part.checkShape({ setId, need, packet, tagged: tag !== null });
    this.volume = 0;
    this.row = 0;
    this.done = 0;
    this.partLength = 0;
    this._fill = 0;
    this._open = open;
    this._volumeRows = volumeRows;
    this._length = length;
    this._check = check;
    this._tag = tag;
    this._packets = Array.from({ length: total }, () => new Uint8Array(packet));
    const blocks = this._packets.map((one) => one.subarray(part.HEADER, part.HEADER + part.payloadLength(this.shape)));
    this._data = blocks.slice(0, need);
    this._parity = blocks.slice(need);
    this._matrix = generator(need, total).slice(need);
    /** @type {Sink[]} */
    this._sinks = [];
  }

  /** Take the next bytes of ciphertext. @param {Uint8Array} data */
  write(data) {
    const payload = part.payloadLength(this.shape);
    let taken = 0;
    while (taken < data.length) {
      // Only now is it known that the row that is full is not the last.
      if (this._fill === part.rowLength(this.shape)) this._flush(false);
      const place = this._fill % payload;
      const count = Math.min(payload - place, data.length - taken);
      this._data[Math.floor(this._fill / payload)].set(data.subarray(taken, taken + count), place);
      this._fill += count;
      taken += count;
    }
  }

  /** Write what is left, and end every part. */
  close() {
    const length = this.done + this._fill;
    if (this._length !== null && this._length !== length) {
      throw new Flaw("carry-counts", `${length} bytes came, but ${this._length} were announced`);
    }
    this._flush(true);
  }

  /** Code the row that is full (or the last), and write it. @param {boolean} last */
  _flush(last) {
    if (!this._sinks.length) this._sinks = this._packets.map((_, index) => this._open(index, this.volume));
    if (this.row % (part.EVERY - 1) === 0) this._describe(this._length);
    this._pad();
    multiply(this._matrix, this._data, this._parity);
    const ends = last || this.row + 1 === this._volumeRows;
    const said = { shape: this.shape, kind: part.BLOCK, volume: this.volume, row: this.row, used: this._fill };
    this._packets.forEach((packet, index) => {
      part.sealPacket(packet, { ...said, index, endOfVolume: ends, endOfSet: last }, this._check, this._tag);
      this._sinks[index].write(packet);
    });
    this.done += this._fill;
    this.row++;
    this._fill = 0;
    if (ends) this._endVolume(last ? this.done : this._length);
  }

  /** Fill the rest of the last row with zeros. */
  _pad() {
    const payload = part.payloadLength(this.shape);
    let place = this._fill % payload;
    for (let row = Math.floor(this._fill / payload); row < this._data.length; row++, place = 0) this._data[row].fill(0, place);
  }

  /** @param {number | null} total */
  _endVolume(total) {
    this._describe(total);
    this.partLength = part.packets(this.row) * this.shape.packet;
    const sinks = this._sinks;
    this._sinks = [];
    for (const sink of sinks) sink.close();
    this.volume++;
    this.row = 0;
  }

  /** Write a descriptor to each part. @param {number | null} total */
  _describe(total) {
    const layout = { total, volumeRows: this._volumeRows };
    this._sinks.forEach((sink, index) => {
      const packet = new Uint8Array(this.shape.packet);
      const header = { shape: this.shape, kind: part.DESCRIPTOR, index, volume: this.volume, row: this.row, used: 0 };
      packet.set(part.writeLayout(header, layout), part.HEADER);
      part.sealPacket(packet, header, this._check, this._tag);
      sink.write(packet);
    });
  }
}
