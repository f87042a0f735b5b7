/** Putting parts together on the page: it gives the sealed file back, and opens nothing. */
import { makeBlake3 } from "./hash.js";
import { Joiner } from "./join.js";
import { say, size } from "./language.js";
import { element, fill, input, make, randomName, tell } from "./screen.js";

const PIECE = 4 << 20;

export function prepareJoin() {
  input("join-pick").onchange = async () => {
    const files = [...(input("join-pick").files ?? [])];
    input("join-pick").value = "";
    if (!files.length) return;
    tell(null);
    fill(element("join-list"), []);
    element("join-stage").textContent = say("join.reading");
    try {
      await join(files);
    } catch (error) {
      element("join-stage").textContent = "";
      tell(error);
    }
  };
}

/** @param {File[]} files */
async function join(files) {
  const sources = files.map((file) => ({
    name: file.name,
    size: file.size,
    read: async (/** @type {number} */ at, /** @type {number} */ count) => new Uint8Array(await file.slice(at, at + count).arrayBuffer()),
  }));
  const joiner = new Joiner(sources, await makeBlake3());
  const found = await joiner.survey();
  if (found.more) {
    element("join-stage").textContent = say("join.more", { count: found.more, need: found.need, parts: found.parts.join(", ") });
    return;
  }
  element("join-stage").textContent = say("join.enough", { need: found.need });
  const direct = "showSaveFilePicker" in globalThis;
  const made = make(direct ? "button" : "a", say("join.save", { size: size(found.total ?? 0) }));
  made.className = "button";
  if (made instanceof HTMLButtonElement) made.onclick = () => write(joiner).catch(tell);
  else await offer(joiner, /** @type {HTMLAnchorElement} */ (made));
  // Not before: a link without its file is clicked in vain.
  fill(element("join-list"), [make("li", "", [made])]);
}

/** @param {Joiner} joiner */
async function write(joiner) {
  const handle = await /** @type {any} */ (globalThis).showSaveFilePicker({ suggestedName: randomName() });
  const stream = await handle.createWritable();
  for await (const row of joiner.rows()) await stream.write(row);
  await stream.close();
}

/** @param {Joiner} joiner @param {HTMLAnchorElement} made */
async function offer(joiner, made) {
  /** @type {Blob[]} */
  const blobs = [];
  let [rows, length] = [/** @type {BlobPart[]} */ ([]), 0];
  for await (const row of joiner.rows()) {
    rows.push(/** @type {BlobPart} */ (row));
    length += row.length;
    if (length >= PIECE) {
      blobs.push(new Blob(rows));
      [rows, length] = [[], 0];
    }
  }
  made.href = URL.createObjectURL(new Blob([...blobs, ...rows], { type: "application/octet-stream" }));
  made.download = randomName();
}
