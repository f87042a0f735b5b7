// The check page's modules of the record without a browser, driven by jsrecord.py: a list of jobs in, a list of answers out (JSON).
import { openAsBlob, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { readText as readApproval } from "../../page/check/approvals.js";
import { checkEdition } from "../../page/check/edition.js";
import { checkOrder, readEntry } from "../../page/check/entries.js";
import { around, chosen } from "../../page/check/gather.js";
import { prepare } from "../../page/check/machine.js";
import { readText as readList } from "../../page/check/list.js";
import { readPolicy } from "../../page/check/policy.js";
import { readLog } from "../../page/check/record.js";
import { readCard } from "../../page/check/room.js";
import { checkFiles } from "../../page/check/sidecar.js";
import { readCheckpoint, readKey, readNote, verifyNote } from "../../page/check/signednote.js";

await prepare(readFileSync(new URL("../../src/tamizdat/redaction/codec/jdct.wasm", import.meta.url)));

const bytes = (word) => new Uint8Array(Buffer.from(word, "base64"));
const text = (word) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes(word));

const readers = {
  approval: (raw) => readApproval(text(raw)),
  card: (raw) => readCard(bytes(raw)),
  checkpoint: (raw) => readCheckpoint(text(raw)),
  edition: (raw) => readList(text(raw)),
  entry: (raw) => readEntry(bytes(raw)),
  key: (raw) => readKey(text(raw)),
  note: (raw) => readNote(bytes(raw)),
  policy: (raw) => readPolicy(bytes(raw)),
};

/** The code of the flaw, or "whole". */
function outcome(read) {
  try {
    read();
    return "whole";
  } catch (error) {
    if (!error.code) throw error;
    return error.code;
  }
}

/** The most memory this program held. resourceUsage() would tell that of whoever started it, where that is more. */
const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);

async function folder(root, prefix = "") {
  const files = new Map();
  for (const entry of readdirSync(join(root, prefix), { withFileTypes: true })) {
    const path = prefix + entry.name;
    if (entry.isDirectory()) for (const [name, file] of await folder(root, `${path}/`)) files.set(name, file);
    else files.set(path, await openAsBlob(join(root, path)));
  }
  return files;
}

/** A folder with some of its files in other forms; null takes one away. */
async function changed({ root, changes }) {
  const files = new Map(await kept(root));
  for (const [path, raw] of Object.entries(changes ?? {})) {
    if (raw === null) files.delete(path);
    else files.set(path, new Blob([bytes(raw)]));
  }
  return files;
}

const folders = new Map();
const kept = async (root) => {
  if (!folders.has(root)) folders.set(root, root ? await folder(root) : new Map());
  return folders.get(root);
};

const reading = (files) => async (name, limit) => {
  const file = files.get(name);
  return file ? new Uint8Array(await file.slice(0, limit + 1).arrayBuffer()) : null;
};

const verbs = {
  gather({ paths }) {
    const files = chosen(paths.map((path) => ({ webkitRelativePath: path, name: path })));
    return { paths: [...files.keys()].sort(), around: around.get(files) ?? null };
  },
  read: ({ kind, raws }) => raws.map((raw) => outcome(() => readers[kind](raw))),
  verify: ({ cases }) =>
    cases.map(({ raw, keys }) => {
      const told = { names: [], times: [] };
      const code = outcome(() => {
        const { signatures } = verifyNote(bytes(raw), keys.map(readKey));
        for (const { key, time } of signatures) told.names.push(key.vkey) && told.times.push(time);
      });
      return { code, ...told };
    }),
  order: ({ entries }) => checkOrder(entries.map(bytes)).map(({ number, code }) => [number, code]),
  async log({ root, changes, key, index }) {
    const files = await changed({ root, changes });
    const reader = await readLog(reading(files), readKey(key));
    let count = 0;
    const names = [...files.keys()].filter((name) => name.startsWith("tile")).sort();
    const faults = await reader.checkAll(names, (entries) => (count += entries.length));
    const entry = index === undefined ? null : Buffer.from(await reader.entry(BigInt(index))).toString("base64");
    return { size: String(reader.head.size), count, faults: faults.map(({ code, where }) => [where, code]), entry };
  },
  async edition({ against, now, words, ...edition }) {
    let [last, total] = [0, 0];
    const { findings, evidence } = await checkEdition(await changed(edition), {
      now,
      judge: (picture, beside) => checkFiles(picture, beside, { now }),
      words: words === undefined ? undefined : BigInt(words),
      against: against && (await changed(against)),
      progress: (done, all) => ([last, total] = [done, all]),
    });
    return { findings, evidence: evidence.map((raw) => Buffer.from(raw).toString("base64")), last, total, kilobytes: peak() };
  },
};

process.removeAllListeners("warning");
const answers = [];
for (const { verb, ...rest } of JSON.parse(readFileSync(process.argv[2], "utf8"))) answers.push(await verbs[verb](rest));
writeFileSync(process.argv[3], JSON.stringify(answers));
