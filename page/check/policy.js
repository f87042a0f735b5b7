/** Policies: which outside witnesses count, and how many of them, as c2sp.org/tlog-policy has them. docs/spec/log.md. */
import { latin } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { COSIGNATURE, ED25519, MLDSA44, readKey } from "./signednote.js";

const MAX_LENGTH = 1 << 20;
const MAX_NAMES = 256;
export const NONE = "none";

/** @typedef {{logs: import("./signednote.js").Key[], witnesses: Map<string, import("./signednote.js").Key>, groups: Map<string, {need: number, members: string[]}>, quorum: string}} Policy */

/** @param {Uint8Array} raw @returns {Policy} */
export function readPolicy(raw) {
  const text = latin(raw);
  // eslint-disable-next-line no-control-regex
  if (raw.length > MAX_LENGTH || /[\x00-\x08\x0b-\x1f\x7f]/.test(text)) throw flaw("it is too long, or has control characters in it");
  if (text && !text.endsWith("\n")) throw flaw("its last line is not ended by a newline");
  const reading = new Reading();
  text.split("\n").slice(0, -1).forEach((line, number) => {
    const words = line.split(/[ \t]+/).filter(Boolean);
    if (words.length && !words[0].startsWith("#")) reading.take(number + 1, words);
  });
  if (reading.quorum === null) throw flaw("it has no quorum line");
  return { logs: reading.logs, witnesses: reading.witnesses, groups: reading.groups, quorum: reading.quorum };
}

/** Whether the witnesses *seen* are a quorum. @param {Policy} policy @param {Set<string>} seen @param {string} [name] @returns {boolean} */
export function witnessed(policy, seen, name = policy.quorum) {
  const group = policy.groups.get(name);
  if (group) return group.members.filter((member) => witnessed(policy, seen, member)).length >= group.need;
  return name === NONE || seen.has(name);
}

/** A policy being read, line by line. */
class Reading {
  line = 0;
  /** @type {import("./signednote.js").Key[]} */
  logs = [];
  /** @type {Map<string, import("./signednote.js").Key>} */
  witnesses = new Map();
  /** @type {Map<string, {need: number, members: string[]}>} */
  groups = new Map();
  members = new Set();
  /** @type {string | null} */
  quorum = null;

  /** @param {number} line @param {string[]} words */
  take(line, words) {
    this.line = line;
    const [verb, first, second, ...rest] = words;
    if (verb === "log" && [2, 3].includes(words.length)) {
      this.logs.push(this.key(first, [ED25519], this.logs));
    } else if (verb === "witness" && [3, 4].includes(words.length)) {
      this.fresh(first);
      this.witnesses.set(first, this.key(second, [COSIGNATURE, MLDSA44], [...this.witnesses.values()]));
    } else if (verb === "group" && rest.length) {
      this.fresh(first);
      this.groups.set(first, this.group(second, rest));
    } else if (verb === "quorum" && words.length === 2) {
      if (this.quorum !== null) throw this.bad("there is a second quorum");
      if (first !== NONE) this.known(first);
      this.quorum = first;
    } else {
      throw this.bad("it is not a line of a policy");
    }
  }

  /** @param {string} vkey @param {number[]} kinds @param {import("./signednote.js").Key[]} others */
  key(vkey, kinds, others) {
    const key = readKey(this.word(vkey));
    if (!kinds.includes(key.kind)) throw this.bad("a key is not of a kind for this use");
    if (others.some((other) => String(other.public) === String(key.public))) throw this.bad("a key stands in it twice");
    return key;
  }

  /** A key's name is UTF-8; the words of a policy are bytes. @param {string} bytes */
  word(bytes) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
    } catch {
      throw this.bad("a key in it is not UTF-8");
    }
  }

  /** @param {string} count @param {string[]} members */
  group(count, members) {
    for (const member of members) {
      this.known(member);
      if (this.members.has(member)) throw this.bad("a name is a member twice");
      this.members.add(member);
    }
    const need = count === "all" ? members.length : count === "any" ? 1 : /^[1-9][0-9]{0,8}$/.test(count) ? Number(count) : 0;
    if (need < 1 || need > members.length) throw this.bad(`“${count.slice(0, 20)}” of ${members.length} members cannot be`);
    return { need, members };
  }

  /** @param {string} name */
  fresh(name) {
    if (name === NONE || this.witnesses.has(name) || this.groups.has(name)) throw this.bad("a name is taken");
    if (this.witnesses.size + this.groups.size >= MAX_NAMES) throw this.bad(`there are more than ${MAX_NAMES} names in it`);
  }

  /** @param {string} name */
  known(name) {
    if (!this.witnesses.has(name) && !this.groups.has(name)) throw this.bad(`nothing above it is called “${name.slice(0, 40)}”`);
  }

  /** @param {string} what */
  bad(what) {
    return flaw(`line ${this.line}: ${what}`);
  }
}

/** @param {string} what */
const flaw = (what) => new Flaw("policy", `this is no policy: ${what}`, "Get the policy anew from who gave it to you.");
