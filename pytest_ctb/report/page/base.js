"use strict";
// Whatever comes from the data becomes a text node: nothing here reads a string as HTML.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
// The outcomes, in the order in which a reader wants to know of them.
const SIGNS = { failed: "✕", error: "E", warning: "!", skipped: "–", allowed: "~", baselined: "=", passed: "✓" };
const NAMES = {
  failed: "failed", error: "error", warning: "warning", skipped: "not judged", allowed: "allowed",
  baselined: "baselined", passed: "passed",
};
const MOST = 400; // how many entries of a list are drawn at once

function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === "onclick") node.addEventListener("click", value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== "" && child !== false));
  return node;
}

const count = (number) => number.toLocaleString("en");
const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
const time = (seconds) =>
  seconds >= 100 ? `${seconds.toFixed(0)} s` : seconds >= 1 ? `${seconds.toFixed(1)} s`
  : seconds >= 0.001 ? `${(seconds * 1000).toFixed(seconds >= 0.01 ? 0 : 1)} ms` : `${Math.round(seconds * 1e6)} µs`;
function bytes(number) {
  const unit = Math.min(4, Math.floor(Math.log2(Math.max(1, number)) / 10));
  return `${(number / 1024 ** unit).toFixed(0)} ${["bytes", "kB", "MB", "GB", "TB"][unit]}`;
}
const answer = (cell) => (typeof cell === "string" ? { outcome: cell } : cell);
const sign = (outcome) => h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[outcome]);
// The guidelines' own prose marks code by backticks.
const prose = (text) => text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? h("code", {}, part) : part));
const id = (file) => (file.folder ? `${file.folder}/` : "") + file.name;
const path = (file) => id(file) + (file.database ? ` [${file.database}]` : "");
// What all files have before their names is left out.
const shared = data.files.map((file) => `${file.folder}/`).reduce((all, folder) => {
  let common = all ?? folder;
  while (!folder.startsWith(common)) common = common.replace(/[^/]*\/$/, "");
  return common;
}, null) ?? "";

// --- Links: every cell, finding, migration and table has one -----------------------------------------------------------

// A cell's link is its test id; a finding's adds line and column; a table's is `table/` and its name.
const address = (link) => `#${encodeURIComponent(link).replace(/%2F/g, "/").replace(/%3A/g, ":")}`;
const anchor = (link, what) =>
  h("a", { class: "anchor", href: address(link), title: address(link), "aria-label": `Link to ${what}` }, "#");
const go = (link) => history.replaceState(null, "", address(link));

const cells = new Map(); // by test id
const files = new Map(); // by path
for (const file of data.files) {
  files.set(id(file), file);
  for (const [column, cell] of file.cells) {
    const link = `${id(file)}::${data.guidelines[column].id}`;
    if (cell) cells.set(link, { link, column, cell, place: path(file), file });
  }
}
for (const [column, group] of data.others)
  for (const [name, file, cell] of group) {
    const link = `${file}::${name}`;
    if (cell) cells.set(link, { link, column, cell, place: link });
  }
for (const { link, cell } of cells.values()) {
  const places = new Map();
  for (const finding of answer(cell).findings ?? []) {
    const at = `${link}:${finding.line}:${finding.column}`;
    const before = places.get(at) ?? 0;
    places.set(at, before + 1);
    finding.link = before ? `${at}~${before + 1}` : at;
  }
}

// --- The head ---------------------------------------------------------------------------------------------------------

const server = data.server
  ? `Postgres ${data.server.version}, ${data.server.place}`
  : "no server was needed";
$("about").append(...[
  plural(data.files.length, "migration"), plural(data.guidelines.length, "guideline"), server,
  `${data.seconds.toFixed(1)} s`, new Date(data.began).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }),
].map((words) => h("span", {}, words)));
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
    sign(outcome), `${NAMES[outcome]} ${count(number)}`,
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
const shown = (outcomes) => !pressed.size || outcomes.some((outcome) => pressed.has(outcome));
const told = (cell) => {
  const { reason, findings } = answer(cell) ?? {};
  return [reason ?? "", ...(findings ?? []).map((finding) => finding.message)].join(" ").trim();
};

// --- Hints: what is cut off fades out at that edge, and can be scrolled by keyboard ------------------------------------

const watched = new ResizeObserver((entries) => entries.forEach(({ target }) => hint(target.closest(".scrolls"))));

function hint(box) {
  if (!box) return;
  const wide = box.scrollWidth - box.clientWidth;
  const high = box.scrollHeight - box.clientHeight;
  const at = Math.abs(box.scrollLeft);
  box.classList.toggle("more-left", wide > 1 && at > 1);
  box.classList.toggle("more-right", wide > 1 && at < wide - 1);
  box.classList.toggle("more-below", high > 1 && box.scrollTop < high - 1);
  if (box.dataset.name) {
    const scrolls = wide > 1 || high > 1;
    for (const [name, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", box.dataset.name]])
      scrolls ? box.setAttribute(name, value) : box.removeAttribute(name);
  }
}

// `name`: what the keyboard comes to, where nothing inside can have the focus.
function scrolling(box, name) {
  box.classList.add("scrolls");
  if (name) box.dataset.name = name;
  box.addEventListener("scroll", () => hint(box), { passive: true });
  watched.observe(box);
  for (const child of box.children) watched.observe(child);
  return box;
}
