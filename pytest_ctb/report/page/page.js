"use strict";
// Whatever comes from the data becomes a text node: nothing here reads a string as HTML.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const SIGNS = { failed: "✕", error: "E", warning: "!", xfailed: "~", skipped: "–", passed: "✓" };
const NAMES = {
  failed: "failed", error: "error", warning: "warning", xfailed: "allowed", skipped: "not judged", passed: "passed",
};
const MOST = 400; // how many entries of a list are drawn at once

function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === "onclick") node.addEventListener("click", value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((one) => one != null && one !== ""));
  return node;
}

const plural = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
const time = (seconds) =>
  seconds >= 100 ? `${seconds.toFixed(0)} s` : seconds >= 1 ? `${seconds.toFixed(1)} s`
  : seconds >= 0.001 ? `${(seconds * 1000).toFixed(seconds >= 0.01 ? 0 : 1)} ms` : `${Math.round(seconds * 1e6)} µs`;
const answer = (cell) => (typeof cell === "string" ? { outcome: cell } : cell);
const sign = (outcome) => h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[outcome]);
// The guidelines' own prose marks code by backticks.
const prose = (text) => text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? h("code", {}, part) : part));
const path = (file) => (file.folder ? `${file.folder}/` : "") + file.name + (file.database ? ` [${file.database}]` : "");
// What all files have before their names is told of none.
const shared = data.files.map((file) => `${file.folder}/`).reduce((all, one) => {
  let common = all ?? one;
  while (!one.startsWith(common)) common = common.replace(/[^/]*\/$/, "");
  return common;
}, null) ?? "";

// --- The head ---------------------------------------------------------------------------------------------------------

const server = data.server
  ? `Postgres ${data.server.version}, ${data.server.place}`
  : "no server was needed";
$("about").textContent = [
  plural(data.files.length, "migration"), plural(data.guidelines.length, "guideline"), server,
  `${data.seconds.toFixed(1)} s`, new Date(data.began).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }),
].join("  ·  ");
$("notes").append(...data.notes.map((note) => h("li", {}, note)));
$("notes").hidden = !data.notes.length;

// --- Filter: by outcomes, and by text ---------------------------------------------------------------------------------

const pressed = new Set();
let words = [];
for (const outcome of Object.keys(SIGNS)) {
  const number = data.counts[outcome];
  if (!number) continue;
  const button = h(
    "button", { type: "button", class: outcome, "aria-pressed": "false", "data-outcome": outcome },
    sign(outcome), `${NAMES[outcome]} ${number.toLocaleString("en")}`,
  );
  button.addEventListener("click", () => {
    pressed.has(outcome) ? pressed.delete(outcome) : pressed.add(outcome);
    button.setAttribute("aria-pressed", String(pressed.has(outcome)));
    filter();
  });
  $("filters").append(button);
}
$("search").addEventListener("input", () => {
  words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  filter();
});
const fits = (text) => words.every((word) => text.includes(word));
const shown = (outcomes) => !pressed.size || outcomes.some((one) => pressed.has(one));
const told = (cell) => {
  const one = answer(cell);
  return one ? [one.reason ?? "", ...(one.findings ?? []).map((found) => found.message)].join(" ") : "";
};

// --- The matrix -------------------------------------------------------------------------------------------------------

const columns = [...new Set(data.files.flatMap((file) => file.cells.map(([column]) => column)))].sort((a, b) => a - b);
const broken = new Set();
for (const file of data.files)
  for (const [column, cell] of file.cells)
    if (cell && ["failed", "error"].includes(answer(cell).outcome)) broken.add(column);
const rows = [];
const pills = [];

function drawMatrix() {
  const panel = $("panel-matrix");
  let aside = null;
  if (data.others.length) {
    const groups = data.others.map(([column, cells]) => {
      const guideline = data.guidelines[column];
      const made = cells.map(([name, file, cell]) => {
        const one = answer(cell);
        const label = name === guideline.id ? file : name;
        const button = h(
          "button",
          { type: "button", class: one?.outcome, "aria-haspopup": "dialog", disabled: !one,
            "aria-label": `${label}, ${one ? NAMES[one.outcome] : "not asked"}`,
            onclick: () => openCell(column, cell, `${file}::${name}`) },
          one ? sign(one.outcome) : "", label,
        );
        const text = `${guideline.code} ${guideline.id} ${name} ${file} ${told(cell)}`.toLowerCase();
        pills.push({ node: button, text, outcomes: one ? [one.outcome] : [] });
        return button;
      });
      return h("div", {}, h("h2", {}, `${guideline.code} `, h("b", {}, guideline.id)), h("div", { class: "pills" }, made));
    });
    aside = h("aside", { class: "group", "aria-label": "The schema as a whole" }, groups);
    panel.append(aside);
  }
  if (!data.files.length) return;
  const head = h("tr", {}, h("th", { scope: "col" }, "Migration, in the order of the replay"));
  for (const column of columns) {
    const { code, id, title } = data.guidelines[column];
    head.append(
      h("th", { scope: "col", title, class: broken.has(column) && "broken" },
        h("div", { class: "turned" }, h("span", {}, `${code} `), " ", h("b", {}, id))),
    );
  }
  const body = h("tbody");
  for (const file of data.files) {
    const day = /^\d{4}-\d{2}-\d{2}_/.exec(file.name)?.[0] ?? "";
    const outcomes = file.cells.map(([, cell]) => answer(cell)?.outcome).filter(Boolean);
    const row = h("tr", { class: outcomes.some((one) => one === "failed" || one === "error") && "broken" }, h(
      "th", { scope: "row", role: "rowheader", tabindex: "-1", title: path(file), "aria-label": path(file), "aria-haspopup": "dialog" },
      h("span", { class: "day" }, day), file.name.slice(day.length),
      h("span", { class: "folder" }, `  ${`${file.folder}/`.slice(shared.length)}${file.database ? ` [${file.database}]` : ""}`),
    ));
    const cells = new Map(file.cells);
    for (const column of columns) {
      const one = answer(cells.get(column));
      const { code, id } = data.guidelines[column];
      const name = one ? NAMES[one.outcome] : "not asked";
      row.append(h(
        "td", { role: "gridcell", tabindex: "-1", class: one?.outcome ?? "none",
          "aria-label": `${code} ${id}: ${name}`, "aria-haspopup": one && "dialog" },
        one ? sign(one.outcome) : "·",
      ));
    }
    const said = file.cells.filter(([, cell]) => told(cell))
      .map(([column, cell]) => `${data.guidelines[column].code} ${data.guidelines[column].id} ${told(cell)}`);
    rows.push({ node: row, file, text: `${path(file)} ${said.join(" ")}`.toLowerCase(), outcomes });
    body.append(row);
  }
  const grid = h(
    "table", { class: "grid", role: "grid", "aria-label": "Migrations by guidelines", "aria-readonly": "true",
      "aria-rowcount": rows.length + 1, "aria-colcount": columns.length + 1 },
    h("thead", {}, head), body,
  );
  const frame = h("div", { class: "grid-frame" }, grid);
  panel.insertBefore(frame, aside);
  grid.addEventListener("click", (event) => openAt(event.target.closest("td, tbody th")));
  grid.addEventListener("keydown", moveInGrid);
  grid.addEventListener("focusin", (event) => stop(event.target.closest("td, tbody th")));
  const first = body.querySelector("td.failed, td.error");
  stop(first ?? body.querySelector("td"));
  // The newest files stand last, and they are the ones that fail.
  if (first) frame.scrollTop = first.parentNode.offsetTop - frame.clientHeight / 2;
}

let stopped = null; // the one cell that Tab comes to
function stop(cell) {
  if (!cell || cell === stopped) return;
  stopped?.setAttribute("tabindex", "-1");
  cell.setAttribute("tabindex", "0");
  stopped = cell;
}

function moveInGrid(event) {
  const cell = event.target.closest("td, tbody th");
  if (!cell || event.altKey || event.metaKey) return;
  const visible = rows.filter((row) => !row.node.hidden).map((row) => row.node);
  const y = visible.indexOf(cell.parentNode);
  const x = cell.cellIndex;
  const page = Math.max(1, Math.floor(cell.closest(".grid-frame").clientHeight / cell.offsetHeight) - 4);
  const end = visible.length - 1;
  const to = {
    ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], ArrowLeft: [y, x - 1], ArrowRight: [y, x + 1],
    PageUp: [Math.max(0, y - page), x], PageDown: [Math.min(end, y + page), x],
    Home: [event.ctrlKey ? 0 : y, 0], End: [event.ctrlKey ? end : y, columns.length],
  }[event.key];
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    openAt(cell);
  } else if (to) {
    event.preventDefault();
    const next = visible[to[0]]?.cells[to[1]];
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function openAt(cell) {
  if (!cell) return;
  const { file } = rows[cell.parentNode.sectionRowIndex];
  if (cell.cellIndex === 0) return openFile(file);
  const column = columns[cell.cellIndex - 1];
  const found = new Map(file.cells).get(column);
  if (found) openCell(column, found, path(file), file);
}

// --- Evidence ---------------------------------------------------------------------------------------------------------

function open(state, title, file, body) {
  $("detail-head").replaceChildren(
    ...(state ? [h("div", { class: `state ${state.outcome}` }, sign(state.outcome), state.words)] : []),
    h("h2", { id: "detail-title" }, title), h("p", { class: "file" }, file),
  );
  $("detail-body").replaceChildren(...body);
  if (!$("detail").open) $("detail").showModal();
  $("detail-body").focus();
  $("detail-body").scrollTop = 0;
}

function openCell(column, cell, place, file) {
  const guideline = data.guidelines[column];
  const one = answer(cell);
  const body = (one.findings ?? []).map((found) => finding(found, guideline));
  if (one.reason) body.push(section(one.outcome === "skipped" ? "Why it was not judged" : "What went wrong", h("pre", { class: "prose" }, one.reason)));
  body.push(
    section("What it asks", h("p", {}, prose(guideline.what))),
    ...(one.findings?.length && one.findings.every((found) => found.why) ? [] : [section("Why", h("p", {}, prose(guideline.why)))]),
    guideline.page.startsWith("https://")
      ? h("p", {}, h("a", { href: guideline.page, target: "_blank", rel: "noopener noreferrer" }, `More about ${guideline.code} ${guideline.id}`))
      : h("p", {}, "More: ", h("code", {}, guideline.page || `ctb explain ${guideline.code}`)),
  );
  if (file) body.push(...traced(file, one.findings ?? []));
  open({ outcome: one.outcome, words: NAMES[one.outcome] }, `${guideline.code} ${guideline.title}`, place, body);
}

function openFile(file) {
  const list = file.cells.filter(([, cell]) => cell).map(([column, cell]) => {
    const { code, id } = data.guidelines[column];
    const { outcome } = answer(cell);
    return h("button", { type: "button", class: outcome, "aria-label": `${code} ${id}: ${NAMES[outcome]}`, onclick: () => openCell(column, cell, path(file), file) },
      sign(outcome), id);
  });
  const state = file.trace && !file.applied ? "It did not apply" : "";
  open(null, file.name, path(file), [
    h("div", { class: "pills" }, list), state && h("p", { class: "quiet" }, state), ...traced(file, []),
  ].filter(Boolean));
}

const section = (title, ...content) => h("section", {}, h("h3", {}, title), ...content);

function finding(found, guideline) {
  const at = `${found.file ? `${found.file}:` : ""}${found.line}:${found.column}`;
  const parts = [h("p", { class: "at" }, at), h("p", { class: "message" }, found.message)];
  if (found.owner) parts.push(h("p", { class: "quiet" }, `Owner: ${found.owner}`));
  if (found.status) parts.push(h("p", { class: "quiet" }, `${found.status === "allowed" ? "Allowed" : "Known before"}: ${found.reason ?? ""}`));
  if (found.excerpt) parts.push(section("Where", excerpt(found.excerpt)));
  if (found.evidence) parts.push(section("What was seen", h("pre", {}, found.evidence)));
  if (found.why) parts.push(section("Why", h("p", {}, prose(found.why))));
  if (found.instead) parts.push(section("Instead", copyable(found.instead)));
  if (!found.status && found.excerpt)
    parts.push(section("Intentional? On the line above the statement, or in the header", copyable(`-- ctb:allow ${guideline.id}: the reason`)));
  return h("article", {}, parts);
}

function excerpt(text) {
  const lines = text.split("\n");
  const caret = lines.findIndex((line) => /^\s*\|\s*\^$/.test(line));
  return h("pre", {}, lines.map((line, number) => [
    number === caret - 1 ? h("mark", {}, line) : number === caret ? h("span", { class: "caret" }, line) : line,
    number < lines.length - 1 && number !== caret - 1 ? "\n" : "",
  ]));
}

function copyable(sql) {
  const button = h("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(sql);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(button.nextSibling); // no clipboard here: it is selected, to be copied by hand
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  return h("div", { class: "with-copy" }, button, h("pre", {}, sql));
}

function traced(file, findings) {
  if (!file.trace) return [];
  const lines = new Set(findings.map((found) => found.line));
  const made = file.trace.map((one, number) => {
    const until = file.trace.slice(number + 1).find((next) => next.line > one.line)?.line ?? Infinity;
    const here = !one.added && [...lines].some((line) => line >= one.line && line < until);
    return h("tr", { class: here && "here" },
      h("td", { class: "number" }, String(one.line)),
      h("td", {}, h("pre", {}, one.sql), effects(one)),
      h("td", { class: "number" }, time(one.seconds)));
  });
  const head = h("tr", {}, h("th", { scope: "col" }, "Line"), h("th", { scope: "col" }, "Statement, and what it was seen to do"), h("th", { scope: "col" }, "Time"));
  return [section(
    `The replay of this file: ${plural(file.trace.length, "statement")}, ${time(file.seconds)}`,
    h("table", { class: "trace" }, h("thead", {}, head), h("tbody", {}, made)),
  )];
}

function effects(one) {
  const list = [];
  const add = (how, text, kind) => list.push(h("li", { class: kind }, how ? h("b", {}, `${how} `) : "", text));
  for (const key of one.created ?? []) add("+", key, "made");
  for (const key of one.altered ?? []) add("~", key, "other");
  for (const gone of one.dropped ?? []) add("−", gone.key + (gone.cascade ? ", by CASCADE" : ""), "trouble");
  for (const table of one.rewritten ?? []) add("", `writes ${table} anew, row by row`, "trouble");
  for (const table of one.truncated ?? []) add("", `empties ${table}`, "trouble");
  for (const scan of one.scanned ?? []) add("", `reads ${scan.table} from end to end${scan.why ? `: ${scan.why.join("; ")}` : ""}`);
  for (const row of one.rows ?? []) {
    const counts = ["inserted", "updated", "deleted"].filter((kind) => row[kind]).map((kind) => `${row[kind]} ${kind}`);
    add("", `rows of ${row.table}: ${counts.join(", ")}`);
  }
  const locks = {};
  for (const { mode, relation } of one.locks ?? []) (locks[mode] ??= []).push(relation);
  for (const [mode, held] of Object.entries(locks)) add("", `${mode} on ${held.join(", ")}`);
  for (const notice of one.notices ?? []) add("", notice);
  if (one.error) add("", `${one.error.message}${one.error.sqlstate ? ` (SQLSTATE ${one.error.sqlstate})` : ""}`, "trouble");
  if (one.undone) add("", "taken back by a later ROLLBACK of the file");
  for (const what of one.unknown ?? []) add("", `not seen: ${what}`);
  return list.length ? h("ul", {}, list) : "";
}

$("close").addEventListener("click", () => $("detail").close());
$("detail").addEventListener("click", (event) => { if (event.target === $("detail")) $("detail").close(); });

// --- Findings, and changes: drawn when they are first looked at, and as many as a page can bear ------------------------

const lists = { findings: [], changes: [] };

function drawFindings() {
  const every = data.files.flatMap((file) =>
    file.cells.map(([column, cell]) => ({ column, cell, place: path(file), file })));
  for (const [column, cells] of data.others)
    for (const [name, file, cell] of cells) every.push({ column, cell, place: `${file}::${name}`, group: file });
  for (const one of every)
    for (const found of answer(one.cell)?.findings ?? []) {
      const { code, id } = data.guidelines[one.column];
      const { outcome } = answer(one.cell);
      const own = found.status ? "xfailed" : found.level === "error" ? outcome : "warning";
      lists.findings.push({
        group: one.group ?? one.place, outcomes: [outcome, own], text: `${one.place} ${code} ${id} ${found.message}`.toLowerCase(),
        line: found.line, draw: () => h("li", {}, h(
          "button", { type: "button", class: `finding ${own}`, "aria-haspopup": "dialog", onclick: () => openCell(one.column, one.cell, one.place, one.file) },
          h("span", { class: "sign", role: "img", "aria-label": NAMES[own] }, SIGNS[own]),
          h("span", { class: "at" }, `${found.line}:${found.column}`), h("span", { class: "which" }, `${code} ${id}`),
          h("span", { class: "what" }, found.message))),
      });
    }
  const order = [...new Set(lists.findings.map((one) => one.group))];
  const place = new Map(order.map((group, number) => [group, number]));
  lists.findings.sort((a, b) => place.get(a.group) - place.get(b.group) || a.line - b.line);
}

function drawChanges() {
  for (const file of data.files) {
    if (!file.changes) continue;
    lists.changes.push({
      outcomes: file.cells.map(([, cell]) => answer(cell)?.outcome),
      text: `${path(file)} ${file.changes.map(([, kind, name]) => `${kind} ${name}`).join(" ")}`.toLowerCase(),
      draw: () => change(file),
    });
  }
}

function change(file) {
  const sql = file.trace.map((one) => one.sql.replace(/\s+/g, " "));
  const ways = { "+": ["made", "+", "made"], "~": ["other", "~", "changed"], "-": ["gone", "−", "dropped"] };
  const groups = [];
  for (const one of file.changes) {
    const last = groups.at(-1);
    if (last && last.how === one[0] && last.statement === one[5]) last.rest.push(one);
    else groups.push({ how: one[0], line: one[3][0], statement: one[5], first: one, rest: [] });
  }
  const named = ([, kind, name, , cascade]) => [h("span", { class: "kind" }, `${kind} `), name, cascade ? " (by CASCADE)" : ""];
  const list = groups.map(({ how, line, statement, first, rest }) => {
    const [style, shape, word] = ways[how];
    const lines = first[3];
    return h("li", { class: style },
      h("span", { class: "how", role: "img", "aria-label": word }, shape),
      h("span", { class: "object" }, named(first), rest.map((one) => h("span", { class: "along" }, named(one)))),
      h("span", { class: "sql", title: sql[statement] }, sql[statement]),
      h("span", { class: "line" }, lines.length > 2 ? `${line}–${lines.at(-1)}` : lines.join(", ")));
  });
  return h("div", { class: "change" },
    h("h2", {}, h("button", { type: "button", "aria-haspopup": "dialog", onclick: () => openFile(file) }, path(file)), h("span", { class: "time" }, time(file.seconds))),
    list.length ? h("ul", {}, list) : h("p", { class: "quiet" }, file.applied ? "It leaves the schema as it is." : "It did not apply."));
}

function drawList(name, most = MOST) {
  const panel = $(`panel-${name}`);
  const fitting = lists[name].filter((one) => fits(one.text) && shown(one.outcomes));
  const made = [];
  let group = null;
  for (const one of fitting.slice(0, most)) {
    if (one.group !== undefined && one.group !== group) {
      group = one.group;
      made.push(h("h2", {}, group), h("ul"));
    }
    if (one.group === undefined) made.push(one.draw());
    else made.at(-1).append(one.draw());
  }
  const left = fitting.length - most;
  const more = h("button", { type: "button", class: "more", onclick: () => drawList(name, most + MOST) }, `${left.toLocaleString("en")} more`);
  panel.replaceChildren(h("div", { class: "list" }, made, left > 0 ? more : ""));
  return fitting.length;
}

// --- The diagram ------------------------------------------------------------------------------------------------------

const svg = document.querySelector("#canvas svg");
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
}

function whole() {
  const [width, height] = svg.getAttribute("viewBox").split(" ").slice(2).map(Number);
  return Math.min($("canvas").clientWidth / width, $("canvas").clientHeight / height);
}

function choose(name) {
  const near = new Set([name]);
  svg.classList.toggle("chosen", Boolean(name));
  for (const one of svg.querySelectorAll(".references > *")) {
    const tied = one.dataset.from === name || one.dataset.to === name;
    one.classList.toggle("near", tied);
    if (tied) near.add(one.dataset.from).add(one.dataset.to);
  }
  for (const one of svg.querySelectorAll(".table")) {
    one.classList.toggle("near", near.has(one.dataset.table));
    one.classList.toggle("here", one.dataset.table === name);
  }
}

function setUpDiagram() {
  const tables = [...svg.querySelectorAll(".table")];
  const schemas = new Map(tables.map((one) => [one.dataset.table.split(".")[0], one.classList[1]]));
  $("legend").append(...[...schemas].map(([name, colour]) => h("span", { class: colour }, h("i"), name)));
  tables[0].setAttribute("tabindex", "0");
  let chosen = "";
  let from = null;
  svg.addEventListener("focusin", (event) => choose(event.target.closest(".table")?.dataset.table ?? chosen));
  svg.addEventListener("focusout", () => choose(chosen));
  svg.addEventListener("pointerover", (event) => { if (!from) choose(event.target.closest(".table")?.dataset.table ?? chosen); });
  svg.addEventListener("pointerleave", () => choose(chosen));
  $("canvas").addEventListener("keydown", (event) => {
    const number = tables.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "+" || event.key === "-") size(scale * (event.key === "+" ? 1.2 : 1 / 1.2));
    else if (event.key === "Escape") choose((chosen = ""));
    else if (number >= 0 && step) {
      event.preventDefault();
      const next = tables[(number + step + tables.length) % tables.length];
      tables[number].setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
      next.scrollIntoView({ block: "nearest", inline: "nearest" });
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
    if (pulled || !box.contains(event.target)) return;
    const name = event.target.closest?.(".table")?.dataset.table ?? "";
    chosen = name === chosen ? "" : name;
    choose(chosen);
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
  // Whole where that can be read, else as large as can.
  size(Math.min(1, Math.max(0.8, whole())));
  // What all others point at stands left, and in the middle of a high diagram.
  if (box.scrollHeight > 2 * box.clientHeight) box.scrollTo(0, (box.scrollHeight - box.clientHeight) / 2);
}

function filterDiagram() {
  let fitting = 0;
  for (const one of svg?.querySelectorAll(".table") ?? []) {
    const fit = fits(one.getAttribute("aria-label").toLowerCase());
    one.setAttribute("opacity", fit ? "1" : "0.25");
    fitting += fit;
  }
  return fitting;
}

// --- Parts ------------------------------------------------------------------------------------------------------------

const findings = data.files.flatMap((file) => file.cells.map(([, cell]) => cell))
  .concat(data.others.flatMap(([, cells]) => cells.map(([, , cell]) => cell)))
  .reduce((sum, cell) => sum + (answer(cell)?.findings?.length ?? 0), 0);
const tables = svg?.querySelectorAll(".table").length ?? 0;
const parts = [
  { id: "matrix", title: "Migrations", number: data.files.length, there: true, draw: drawMatrix, filter: filterMatrix },
  { id: "findings", title: "Findings", number: findings, there: findings > 0, draw: drawFindings, filter: () => drawList("findings") },
  { id: "changes", title: "Schema changes", there: data.files.some((file) => file.changes), draw: drawChanges, filter: () => drawList("changes") },
  { id: "diagram", title: "Diagram", number: tables, there: tables > 0, draw: setUpDiagram, filter: filterDiagram },
].filter((part) => part.there);
let current = null;

function filterMatrix() {
  let fitting = 0;
  for (const one of [...rows, ...pills]) {
    one.node.hidden = !(fits(one.text) && shown(one.outcomes));
    fitting += !one.node.hidden;
  }
  for (const group of document.querySelectorAll(".group > div"))
    group.hidden = ![...group.querySelectorAll("button")].some((one) => !one.hidden);
  const frame = document.querySelector(".grid-frame");
  if (frame) frame.hidden = rows.every((row) => row.node.hidden);
  if (stopped?.parentNode.hidden) stop(rows.find((row) => !row.node.hidden)?.node.cells[1]);
  return fitting;
}

function filter() {
  $("nothing").hidden = current.filter() > 0;
}

function show(part, focus) {
  for (const one of parts) {
    const here = one === part;
    $(`tab-${one.id}`).setAttribute("aria-selected", String(here));
    $(`tab-${one.id}`).setAttribute("tabindex", here ? "0" : "-1");
    $(`panel-${one.id}`).hidden = !here;
  }
  current = part;
  if (focus) $(`tab-${part.id}`).focus();
  $("filters").hidden = part.id === "diagram";
  drawn(part);
  filter();
}

function drawn(part) {
  if (!part.drawn) part.draw();
  part.drawn = true;
}

for (const part of parts) {
  const tab = h(
    "button", { type: "button", role: "tab", id: `tab-${part.id}`, "aria-controls": `panel-${part.id}`,
      onclick: () => { show(part); history.replaceState(null, "", `#${part.id}`); } },
    part.title, part.number ? h("span", { class: "count" }, part.number.toLocaleString("en")) : "",
  );
  $("tabs").append(tab);
}
$("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = parts[(parts.indexOf(current) + step + parts.length) % parts.length];
  show(next, true);
  history.replaceState(null, "", `#${next.id}`);
});
addEventListener("keydown", (event) => {
  if (event.key === "/" && !$("detail").open && !event.target.closest("input")) {
    event.preventDefault();
    $("search").focus();
  }
});
addEventListener("beforeprint", () => {
  for (const part of parts.filter((one) => one.id !== "diagram")) {
    drawn(part);
    if (lists[part.id]) drawList(part.id, Infinity);
  }
});
show(parts.find((part) => `#${part.id}` === location.hash) ?? parts[0]);
