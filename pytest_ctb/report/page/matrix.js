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
    const groups = data.others.map(([column, group]) => {
      const guideline = data.guidelines[column];
      const made = group.map(([name, file, cell]) => {
        const { outcome } = answer(cell) ?? {};
        const link = `${file}::${name}`;
        const label = name === guideline.id ? file : name;
        const button = h(
          "button",
          { type: "button", class: outcome, "aria-haspopup": "dialog", disabled: !outcome,
            "aria-label": `${label}, ${outcome ? NAMES[outcome] : "not asked"}`,
            onclick: () => openCell(cells.get(link)) },
          outcome ? sign(outcome) : "", label,
        );
        const pill = h("span", { class: "pill" }, button, outcome ? anchor(link, label) : "");
        const text = `${guideline.code} ${guideline.id} ${name} ${file} ${told(cell)}`.toLowerCase();
        pills.push({ node: pill, text, outcomes: outcome ? [outcome] : [] });
        return pill;
      });
      return h("div", {}, h("h2", {}, `${guideline.code} `, h("b", {}, guideline.id)), h("div", { class: "pills" }, made));
    });
    aside = h("aside", { class: "group", "aria-label": "The schema as a whole" }, groups);
    panel.append(aside);
  }
  if (!data.files.length) return;
  const head = h("tr", {}, h("th", { scope: "col" }, "Migration, in the order of the replay"));
  for (const column of columns) {
    const { code, id: guideline, title } = data.guidelines[column];
    head.append(
      h("th", { scope: "col", title, class: broken.has(column) && "broken" },
        h("div", { class: "turned" }, h("span", {}, `${code} `), " ", h("b", {}, guideline))),
    );
  }
  const body = h("tbody");
  for (const file of data.files) {
    const day = /^\d{4}-\d{2}-\d{2}_/.exec(file.name)?.[0] ?? "";
    const outcomes = file.cells.map(([, cell]) => answer(cell)?.outcome).filter(Boolean);
    const row = h("tr", { class: outcomes.some((outcome) => outcome === "failed" || outcome === "error") && "broken" }, h(
      "th", { scope: "row", role: "rowheader", tabindex: "-1", title: path(file), "aria-label": path(file), "aria-haspopup": "dialog" },
      h("span", { class: "day" }, day), file.name.slice(day.length),
      h("span", { class: "folder" }, `  ${`${file.folder}/`.slice(shared.length)}${file.database ? ` [${file.database}]` : ""}`),
    ));
    const asked = new Map(file.cells);
    for (const column of columns) {
      const { outcome } = answer(asked.get(column)) ?? {};
      const { code, id: guideline } = data.guidelines[column];
      row.append(h(
        "td", { role: "gridcell", tabindex: "-1", class: outcome ?? "none",
          "aria-label": `${code} ${guideline}: ${outcome ? NAMES[outcome] : "not asked"}`, "aria-haspopup": outcome && "dialog" },
        outcome
          ? h("a", { class: "sign", "aria-hidden": "true", tabindex: "-1", href: address(`${id(file)}::${guideline}`) }, SIGNS[outcome])
          : "·",
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
  const frame = scrolling(h("div", { class: "grid-frame" }, grid));
  panel.insertBefore(frame, aside);
  grid.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a link of a cell in a tab of its own
    event.preventDefault();
    openAt(event.target.closest("td, tbody th"));
  });
  grid.addEventListener("keydown", moveInGrid);
  grid.addEventListener("focusin", (event) => stop(event.target.closest("td, tbody th")));
  grid.addEventListener("pointerover", (event) => {
    const link = event.target.closest("td")?.querySelector("a");
    if (link && !link.title) link.title = decodeURIComponent(link.hash);
  });
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
  const found = cells.get(`${id(file)}::${data.guidelines[columns[cell.cellIndex - 1]].id}`);
  if (found) openCell(found);
}

function filterMatrix() {
  let fitting = 0;
  for (const entry of [...rows, ...pills]) {
    entry.node.hidden = !(fits(entry.text) && shown(entry.outcomes));
    fitting += !entry.node.hidden;
  }
  for (const group of document.querySelectorAll(".group > div"))
    group.hidden = ![...group.querySelectorAll(".pill")].some((pill) => !pill.hidden);
  const frame = document.querySelector(".grid-frame");
  if (frame) frame.hidden = rows.every((row) => row.node.hidden);
  if (stopped?.parentNode.hidden) stop(rows.find((row) => !row.node.hidden)?.node.cells[1]);
  return fitting;
}
