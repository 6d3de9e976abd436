// --- The diagram ------------------------------------------------------------------------------------------------------

const svg = document.querySelector("#canvas svg");
const drawn = new Map(); // each table with its place in the whole, by name
const arrows = []; // each foreign key with its path and its two ends
const only = new Set(); // the schemas that are shown; all of them where it is empty
let pinned = "";
let scale = 1;

function size(next, at) {
  const box = $("canvas");
  const old = scale;
  scale = Math.min(3, Math.max(0.08, next));
  const [width, height] = svg.getAttribute("viewBox").split(" ").slice(2).map(Number);
  const x = at?.x ?? box.clientWidth / 2;
  const y = at?.y ?? box.clientHeight / 2;
  const left = ((box.scrollLeft + x) / old) * scale - x;
  const top = ((box.scrollTop + y) / old) * scale - y;
  svg.setAttribute("width", String(Math.round(width * scale)));
  svg.setAttribute("height", String(Math.round(height * scale)));
  box.scrollTo(left, top);
  placeLink();
}

const isHidden = (node) => node.hasAttribute("hidden"); // elements of SVG have no property of this name

// Scroll a table into the middle of the diagram, and not the page.
function bring(node) {
  const [box, edge, at] = [$("canvas"), $("canvas").getBoundingClientRect(), node.getBoundingClientRect()];
  box.scrollBy(at.x + at.width / 2 - edge.x - edge.width / 2, at.y + at.height / 2 - edge.y - edge.height / 2);
}

function whole() {
  const [width, height] = svg.getAttribute("viewBox").split(" ").slice(2).map(Number);
  return Math.min($("canvas").clientWidth / width, $("canvas").clientHeight / height);
}

// Mark a table with what it is tied to.
function mark(name) {
  const near = neighbours(name);
  svg.classList.toggle("chosen", Boolean(name));
  for (const arrow of arrows) {
    const tied = arrow.from === name || arrow.to === name;
    for (const node of arrow.nodes) node.classList.toggle("near", tied);
  }
  for (const [table, { node }] of drawn) {
    node.classList.toggle("near", near.has(table));
    node.classList.toggle("here", table === name);
  }
  placeLink(name);
}

function neighbours(name) {
  const near = new Set([name]);
  for (const { from, to } of arrows)
    if (from === name || to === name) near.add(from).add(to);
  return near;
}

let marked = "";
function placeLink(name = marked) {
  marked = name;
  const link = $("table-link");
  const table = drawn.get(name);
  link.hidden = !table || isHidden(table.node);
  if (link.hidden) return;
  const [frame, at] = [link.parentNode.getBoundingClientRect(), table.node.getBoundingClientRect()];
  link.style.left = `${at.right - frame.left - 24}px`;
  link.style.top = `${at.top - frame.top + 3}px`;
  link.href = link.title = address(`table/${name}`);
  link.setAttribute("aria-label", `Link to ${name}`);
}

function pin(name) {
  pinned = name;
  mark(name);
  $("near").disabled = !name;
  if (!name) $("near").setAttribute("aria-pressed", "false");
  go(name ? `table/${name}` : "diagram");
}

// Show these tables alone, moved together: in the order of layers that they have in the whole.
function arrange() {
  const near = $("near").getAttribute("aria-pressed") === "true" ? neighbours(pinned) : null;
  const there = (name, table) => (!only.size || only.has(table.schema) || name === pinned) && (!near || near.has(name));
  const tables = new Map([...drawn].filter(([name, table]) => there(name, table)));
  for (const [name, { node }] of drawn) node.toggleAttribute("hidden", !tables.has(name));
  const shownArrows = arrows.filter(({ from, to }) => tables.has(from) && tables.has(to));
  for (const arrow of arrows) for (const node of arrow.nodes) node.toggleAttribute("hidden", !shownArrows.includes(arrow));
  const targets = new Set(arrows.filter(({ from }) => from === pinned).map(({ to }) => to));
  // Of neighbours, what a table refers to stands left of it, and what refers to it stands right.
  const layer = (name, table) => (!near ? table.x : name === pinned ? 1 : targets.has(name) ? 0 : 2);
  const all = tables.size === drawn.size;
  const columns = [];
  const places = all ? new Map([...drawn].map(([name, { x, y }]) => [name, [x, y]])) : together(tables, shownArrows, layer, columns);
  let [right, bottom] = [0, 0];
  for (const [name, [x, y]] of places) {
    const { node, width, height } = drawn.get(name);
    node.setAttribute("transform", `translate(${x} ${y})`);
    [right, bottom] = [Math.max(right, x + width), Math.max(bottom, y + height)];
  }
  for (const arrow of shownArrows) arrow.draw(all ? null : places, columns);
  // A loop leaves its table at the right.
  svg.setAttribute("viewBox", all ? svg.dataset.whole : `-28 -28 ${right + 84} ${bottom + 56}`);
  size(1);
  $("canvas").scrollTo(0, 0);
  if (tables.has(pinned)) bring(drawn.get(pinned).node);
  filter();
}

function together(tables, shownArrows, layer, columns) {
  const [GAP, BETWEEN] = [22, 90];
  const places = new Map();
  const tied = new Set(shownArrows.filter(({ from, to }) => from !== to).flatMap(({ from, to }) => [from, to]));
  const layers = new Map();
  for (const [name, table] of tables) {
    const at = layer(name, table);
    if (tied.has(name)) layers.set(at, [...(layers.get(at) ?? []), [name, table]]);
  }
  const stacks = [...layers].sort(([a], [b]) => a - b).map(([, stack]) => stack.sort(([, a], [, b]) => a.y - b.y));
  const height = (stack) => stack.reduce((sum, [, table]) => sum + table.height + GAP, -GAP);
  const highest = Math.max(0, ...stacks.map(height));
  let x = 0;
  for (const stack of stacks) {
    let y = (highest - height(stack)) / 2;
    for (const [name, table] of stack) {
      places.set(name, [x, Math.round(y)]);
      y += table.height + GAP;
    }
    const width = Math.max(...stack.map(([, table]) => table.width));
    columns.push({ x, width, boxes: stack.map(([name, table]) => [places.get(name)[1], table.height]) });
    x += width + BETWEEN;
  }
  const loose = [...tables].filter(([name]) => !tied.has(name));
  const across = Math.max(x - BETWEEN, Math.sqrt(loose.reduce((sum, [, table]) => sum + (table.width + GAP) * (table.height + GAP), 0) * 1.6));
  let [left, top, row] = [0, highest ? highest + 2 * GAP : 0, 0];
  for (const [name, table] of loose) {
    if (left && left + table.width > across) [left, top, row] = [0, top + row + GAP, 0];
    places.set(name, [left, Math.round(top)]);
    [left, row] = [left + table.width + GAP, Math.max(row, table.height)];
  }
  return places;
}

// The path of an arrow, which passes between the tables of the columns that it crosses.
function between(a, b, columns) {
  const [left, right] = a.x < b.x ? [a, b] : [b, a];
  let path = `M${left.x} ${left.y}`;
  let at = left;
  const curve = (to) => {
    const middle = (at.x + to.x) / 2;
    path += `C${middle} ${at.y} ${middle} ${to.y} ${to.x} ${to.y}`;
    at = to;
  };
  for (const { x, width, boxes } of columns.filter((column) => column.x > left.x && column.x + column.width < right.x)) {
    const wanted = at.y + ((right.y - at.y) * (x - at.x)) / (right.x - at.x);
    const gaps = boxes.flatMap(([top, height]) => [top - 11, top + height + 11]);
    const free = boxes.every(([top, height]) => wanted < top - 8 || wanted > top + height + 8);
    const y = free ? wanted : gaps.reduce((best, gap) => (Math.abs(gap - wanted) < Math.abs(best - wanted) ? gap : best));
    curve({ x, y });
    path += `L${x + width} ${y}`;
    at = { x: x + width, y };
  }
  curve(right);
  return path;
}

function readDiagram() {
  svg.dataset.whole = svg.getAttribute("viewBox");
  for (const node of svg.querySelectorAll(".table")) {
    const [x, y] = node.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
    const box = node.querySelector(".box");
    const { table: name, schema } = node.dataset;
    drawn.set(name, { node, x, y, width: Number(box.getAttribute("width")), height: Number(box.getAttribute("height")), schema });
  }
  const nodes = [...svg.querySelectorAll(".references > *")];
  for (let number = 0; number < nodes.length; number += 3) {
    const [line, start, end] = nodes.slice(number, number + 3);
    const { from, to } = line.dataset;
    const before = [line, start, end].map((node) => ["d", "cx", "cy"].map((name) => [name, node.getAttribute(name)]));
    const rise = (dot, name) => Number(dot.getAttribute("cy")) - drawn.get(name).y;
    const rises = [rise(start, from), rise(end, to)];
    const draw = (places, columns) => {
      if (!places) return [line, start, end].forEach((node, at) => before[at].forEach(([name, value]) => value && node.setAttribute(name, value)));
      const [[x1, y1], [x2, y2]] = [places.get(from), places.get(to)];
      const [a, b] = [{ y: y1 + rises[0] }, { y: y2 + rises[1] }];
      const [right1, right2] = [x1 + drawn.get(from).width, x2 + drawn.get(to).width];
      if (x1 === x2) {
        [a.x, b.x] = [right1, right2];
        const out = Math.max(right1, right2) + 26;
        line.setAttribute("d", `M${a.x} ${a.y}C${out} ${a.y} ${out} ${b.y} ${b.x} ${b.y}`);
      } else {
        [a.x, b.x] = x2 < x1 ? [x1, right2] : [right1, x2];
        line.setAttribute("d", between(a, b, columns));
      }
      for (const [dot, place] of [[start, a], [end, b]]) {
        dot.setAttribute("cx", place.x);
        dot.setAttribute("cy", place.y);
      }
    };
    arrows.push({ from, to, nodes: [line, start, end], draw });
  }
}

function setUpDiagram() {
  readDiagram();
  const tables = [...drawn.values()].map((table) => table.node);
  const schemas = new Map([...drawn.values()].map((table) => [table.schema, table.node.classList[1]]));
  $("legend").append(...[...schemas].map(([name, colour]) => {
    const button = h("button", { type: "button", class: colour, "aria-pressed": "false", title: `Only ${name}` }, h("i"), name);
    button.addEventListener("click", () => {
      only.has(name) ? only.delete(name) : only.add(name);
      button.setAttribute("aria-pressed", String(only.has(name)));
      arrange();
    });
    return button;
  }));
  scrolling($("legend"));
  $("near").addEventListener("click", () => {
    $("near").setAttribute("aria-pressed", String($("near").getAttribute("aria-pressed") !== "true"));
    arrange();
  });
  tables[0].setAttribute("tabindex", "0");
  let from = null;
  const tableAt = (event) => event.target.closest(".table")?.dataset.table ?? pinned;
  svg.addEventListener("focusin", (event) => mark(tableAt(event)));
  svg.addEventListener("focusout", () => mark(pinned));
  svg.addEventListener("pointerover", (event) => { if (!from) mark(tableAt(event)); });
  $("canvas").addEventListener("pointerleave", () => mark(pinned));
  $("canvas").addEventListener("keydown", (event) => {
    const there = tables.filter((node) => !isHidden(node));
    const number = there.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "+" || event.key === "-") size(scale * (event.key === "+" ? 1.2 : 1 / 1.2));
    else if (event.key === "Escape") pin("");
    else if (number >= 0 && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      const { table } = there[number].dataset;
      pin(table === pinned ? "" : table);
    } else if (number >= 0 && step) {
      event.preventDefault();
      const next = there[(number + step + there.length) % there.length];
      there[number].setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus({ preventScroll: true });
      bring(next);
    }
  });
  const box = $("canvas");
  box.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.pointerType === "mouse") from = { x: event.clientX + box.scrollLeft, y: event.clientY + box.scrollTop, far: false };
  });
  addEventListener("pointermove", (event) => {
    if (!from) return;
    const [left, top] = [from.x - event.clientX, from.y - event.clientY];
    from.far ||= Math.abs(left - box.scrollLeft) + Math.abs(top - box.scrollTop) > 4;
    if (!from.far) return;
    box.classList.add("dragged");
    box.scrollTo(left, top);
  });
  addEventListener("pointerup", (event) => {
    const pulled = from?.far;
    from = null;
    box.classList.remove("dragged");
    if (pulled || !box.contains(event.target) || event.target.closest("a")) return;
    const name = event.target.closest?.(".table")?.dataset.table ?? "";
    pin(name === pinned ? "" : name);
  });
  box.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const edge = box.getBoundingClientRect();
    size(scale * Math.exp(-event.deltaY / 300), { x: event.clientX - edge.left, y: event.clientY - edge.top });
  }, { passive: false });
  $("smaller").addEventListener("click", () => size(scale / 1.25));
  $("larger").addEventListener("click", () => size(scale * 1.25));
  $("fit").addEventListener("click", () => size(Math.min(1, whole())));
  scrolling(box);
  box.addEventListener("scroll", () => placeLink(), { passive: true });
  size(1); // as large as its text is meant to be read
  // What all others point at stands left, and in the middle of a high diagram.
  if (box.scrollHeight > 2 * box.clientHeight) box.scrollTo(0, (box.scrollHeight - box.clientHeight) / 2);
}

// A table is bright where it fits the filter and, with one pinned, is tied to that: the two hold together.
function filterDiagram() {
  let first = null;
  let fitting = 0;
  for (const { node } of drawn.values()) {
    const fit = fits(node.getAttribute("aria-label").toLowerCase());
    node.classList.toggle("unfit", !fit);
    if (!fit || isHidden(node)) continue;
    fitting += 1;
    first ??= node;
  }
  if (words.length && first) bring(first);
  return fitting;
}
