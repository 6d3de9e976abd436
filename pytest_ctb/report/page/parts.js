// --- Parts ------------------------------------------------------------------------------------------------------------

const answers = [...cells.values()].map(({ cell }) => answer(cell));
const findings = answers.reduce((sum, { findings }) => sum + (findings?.length ?? 0), 0);
const tables = svg?.querySelectorAll(".table").length ?? 0;
const { comparison } = data;
const parts = [
  { id: "findings", title: "Findings", number: findings, there: answers.some(({ findings, reason }) => findings || reason), draw: drawFindings },
  { id: "compared", title: "New and gone", number: comparison?.new + comparison?.gone.length, there: comparison, draw: drawCompared },
  { id: "matrix", title: "Migrations", number: data.files.length, there: true, draw: drawMatrix, filter: filterMatrix },
  { id: "timeline", title: "Timelines", there: data.files.some((file) => file.timeline), draw: drawTimelines },
  { id: "changes", title: "Schema changes", there: data.files.some((file) => file.changes), draw: drawChanges },
  { id: "diagram", title: "Diagram", number: tables, there: tables > 0, draw: setUpDiagram, filter: filterDiagram },
].filter((part) => part.there);
let current = null;

function filter() {
  $("nothing").hidden = (current.filter ?? (() => drawList(current.id)))() > 0;
}

function show(part, focus) {
  for (const other of parts) {
    const here = other === part;
    $(`tab-${other.id}`).setAttribute("aria-selected", String(here));
    $(`tab-${other.id}`).setAttribute("tabindex", here ? "0" : "-1");
    $(`panel-${other.id}`).hidden = !here;
  }
  current = part;
  if (focus) $(`tab-${part.id}`).focus();
  $(`tab-${part.id}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  $("filters").classList.toggle("idle", part.id === "diagram"); // its place stays, and so does the toolbar's height
  $("filters").inert = part.id === "diagram";
  begin(part);
  filter();
}

function begin(part) {
  if (!part.begun) part.draw();
  part.begun = true;
}

for (const part of parts) {
  const tab = h(
    "button", { type: "button", role: "tab", id: `tab-${part.id}`, "aria-controls": `panel-${part.id}`,
      onclick: () => { show(part); go(part.id); } },
    part.title, part.number ? h("span", { class: "count" }, count(part.number)) : "",
  );
  $("tabs").append(tab);
}
scrolling($("tabs"));
scrolling($("filters"));
$("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = parts[(parts.indexOf(current) + step + parts.length) % parts.length];
  show(next, true);
  go(next.id);
});
addEventListener("keydown", (event) => {
  if (event.key === "/" && !$("detail").open && !event.target.closest("input")) {
    event.preventDefault();
    $("search").focus();
  }
});
addEventListener("beforeprint", () => {
  for (const part of parts.filter((other) => other.id !== "diagram")) {
    begin(part);
    if (lists[part.id]) drawList(part.id, Infinity);
  }
});

// What a link leads to; nothing where this report has no such thing.
function follow() {
  let link = "";
  try {
    link = decodeURIComponent(location.hash.slice(1));
  } catch {
    return;
  }
  const [, cell, at] = /^(.*?)(:\d+:\d+(?:~\d+)?)?$/s.exec(link);
  const part = parts.find((other) => other.id === link);
  const table = link.startsWith("table/") && parts.find((other) => other.id === "diagram") ? link.slice("table/".length) : "";
  if (part) {
    $("detail").close();
    show(part);
  } else if (cells.has(cell)) openCell(cells.get(cell), at && link);
  else if (files.has(link)) openFile(files.get(link));
  else if (table) {
    show(parts.find((other) => other.id === "diagram"));
    if (!drawn.has(table)) return;
    pin(table);
    bring(drawn.get(table).node);
  }
}
show(parts[0]);
follow();
addEventListener("hashchange", follow);
