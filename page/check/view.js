/**
 * The picture that was checked, drawn by the browser from the very bytes, what is hidden outlined and hatched.
 *
 * Places are in pixels as stored; where the proof shows an orientation, picture and outline are turned by it alike.
 */
import { orientation } from "./items.js";
import { TILE } from "./proof.js";

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {import("./redaction.js").Verdict} Verdict */

/**
 * What turns points as stored into points as seen, for each orientation of EXIF (W and H as stored): a, b, c, d, e, f of a matrix.
 * @param {number} turn @param {number} w @param {number} h @returns {number[]}
 */
const matrix = (turn, w, h) =>
  [[1, 0, 0, 1, 0, 0], [-1, 0, 0, 1, w, 0], [-1, 0, 0, -1, w, h], [1, 0, 0, -1, 0, h], [0, 1, 1, 0, 0, 0], [0, 1, -1, 0, h, 0], [0, -1, -1, 0, h, w], [0, -1, 1, 0, 0, w]][turn - 1]; // prettier-ignore

/** @param {string} tag @param {Record<string, string | number>} attributes @param {Node[]} [children] */
function draw(tag, attributes, children = []) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/**
 * @param {string} url of the picture @param {string} alt @param {Verdict | null} seen null where nothing is proven @param {boolean} png
 * @returns {Promise<Node[] | null>} null where the browser cannot show it
 */
export async function show(url, alt, seen, png) {
  const image = Object.assign(new Image(), { src: url, alt });
  try {
    await image.decode();
  } catch {
    return null;
  }
  if (!seen) return [image];
  const turn = orientation(seen.items);
  const across = turn >= 5 ? seen.height : seen.width;
  // Not every browser turns a PNG as it says: then it is turned here, together with its outline.
  const turned = turn === 1 || (await turns(seen, image, png));
  const group = draw("g", { transform: `matrix(${matrix(turn, seen.width, seen.height).join(" ")})` }, outline(seen, across));
  const box = `0 0 ${across} ${turn >= 5 ? seen.width : seen.height}`;
  if (turned) return [image, draw("svg", { viewBox: box, "aria-hidden": "true" }, [pattern(across), group])];
  group.prepend(draw("image", { href: url, width: seen.width, height: seen.height }));
  return [draw("svg", { viewBox: box, role: "img", "aria-label": alt, class: "alone" }, [pattern(across), group])];
}

/** Whether the browser turned it. @param {Verdict} seen @param {HTMLImageElement} image @param {boolean} png */
async function turns(seen, image, png) {
  const turn = orientation(seen.items);
  if (turn >= 5 && seen.width !== seen.height) return image.naturalWidth === seen.height;
  return !png || (await turnsPng());
}

/** Whether this browser turns a PNG of 2 x 1 points that says it is to be turned by a quarter. */
async function turnsPng() {
  const probe = Object.assign(new Image(), { src: PROBE });
  await probe.decode().catch(() => {});
  return probe.naturalWidth === 1;
}

const PROBE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAGmVYSWZNTQAqAAAACAABARIAAwAAAAEABgAAAAAAANZnS2kAAAALSURBVHjaY2BgAAAAAwABKwlNhAAAAABJRU5ErkJggg==";

/** @param {number} across of the picture as seen */
function pattern(across) {
  const step = across / 60;
  const line = { x1: 0, y1: 0, x2: 0, y2: step, "stroke-width": step / 4 };
  const lines = [draw("rect", { width: step, height: step, fill: "#808080" }), draw("line", { ...line, stroke: "#fff" }), draw("line", { ...line, x1: step / 2, x2: step / 2, stroke: "#000" })];
  return draw("pattern", { id: "hatch", width: step, height: step, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, lines);
}

/** @param {Verdict} seen @param {number} across @returns {Node[]} */
function outline(seen, across) {
  const columns = Math.ceil(seen.width / TILE);
  const lines = Math.ceil(seen.height / TILE);
  const hidden = (/** @type {number} */ x, /** @type {number} */ y) => x >= 0 && y >= 0 && x < columns && y < lines && seen.hidden[y * columns + x] === 1;
  const [atX, atY] = [(/** @type {number} */ x) => Math.min(x * TILE, seen.width), (/** @type {number} */ y) => Math.min(y * TILE, seen.height)];
  let [areas, edges] = ["", ""];
  for (let y = 0; y < lines; y++) {
    for (let x = 0; x < columns; x++) {
      if (!hidden(x, y)) continue;
      let end = x;
      while (hidden(end, y)) end++;
      areas += `M${atX(x)} ${atY(y)}H${atX(end)}V${atY(y + 1)}H${atX(x)}z`;
      edges += `M${atX(x)} ${atY(y)}V${atY(y + 1)}M${atX(end)} ${atY(y)}V${atY(y + 1)}`;
      for (let at = x; at < end; at++) {
        if (!hidden(at, y - 1)) edges += `M${atX(at)} ${atY(y)}H${atX(at + 1)}`;
        if (!hidden(at, y + 1)) edges += `M${atX(at)} ${atY(y + 1)}H${atX(at + 1)}`;
      }
      x = end;
    }
  }
  const stroke = { d: edges, fill: "none", "stroke-linecap": "square" };
  return [
    draw("path", { d: areas, fill: "url(#hatch)" }),
    draw("path", { ...stroke, stroke: "#000", "stroke-width": across / 150 }),
    draw("path", { ...stroke, stroke: "#fff", "stroke-width": across / 400 }),
  ];
}

/** How many areas are hidden that touch nowhere. @param {Verdict} seen */
export function areas(seen) {
  const columns = Math.ceil(seen.width / TILE);
  const left = Uint8Array.from(seen.hidden);
  let count = 0;
  for (let start = 0; start < left.length; start++) {
    if (!left[start]) continue;
    count++;
    const waiting = [start];
    while (waiting.length) {
      const at = /** @type {number} */ (waiting.pop());
      if (!left[at]) continue;
      left[at] = 0;
      const x = at % columns;
      waiting.push(at - columns, at + columns, ...(x ? [at - 1] : []), ...(x + 1 < columns ? [at + 1] : []));
    }
  }
  return count;
}
