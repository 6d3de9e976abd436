// --- The timeline of a migration: statements across, and a bar on each relation for which others wait -------------------

const WAIT = { "reads,writes": "both", writes: "writes", reads: "both", "": "none" };
const WORDS = {
  both: "others can neither read nor write it", writes: "others can read it, and not write it",
  none: "others can read and write it, but for the same rows",
};

// A table: statements are its columns, so that a screen reader says for each bar on which relation it is, and from where.
function timeline(file) {
  return h("div", { class: "timeline-frame" }, file.timeline.rows.length ? locks(file) : h("p", { class: "quiet" },
    `${file.applied ? "It locks" : "It did not apply. Until then it locked"} nothing that was there before it${file.timeline.unseen.length ? ", as far as could be seen" : ""}.`),
  notSeen(file));
}

function notSeen(file) {
  const lines = [...new Set(file.timeline.unseen.map((number) => file.trace[number].line))];
  return lines.length ? h("p", { class: "quiet" }, `Not seen: all that line ${lines.join(", ")} locks and reads. It ends a transaction in the middle of itself, or works where nobody can look.`) : "";
}

function locks(file) {
  const { transactions, rows, busy } = file.timeline;
  const spans = transactions.flatMap((part) => condensed(part, rows, busy));
  const place = new Map(); // the column of each statement
  spans.forEach((span, column) => { for (let number = span.first; number <= span.last; number++) place.set(number, column); });
  const work = new Set(busy);
  const said = h("p", { class: "said", role: "status" });
  const head = h("tr", {}, h("td", { class: "corner" }),
    transactions.map((part, number) => h("th", {
      scope: "colgroup", class: "transaction", colspan: spans.filter((span) => span.first >= part.first && span.last <= part.last).length,
    }, h("span", {}, `${transactions.length > 1 ? `transaction ${number + 1}, ` : ""}${part.ended}`))));
  const names = h("tr", {}, h("th", { scope: "col" }, "Relation"), spans.map((span) => {
    const trace = file.trace[span.first];
    if (span.last > span.first)
      return h("th", { scope: "col", class: "several" }, plural(span.last - span.first + 1, "statement"));
    return h("th", { scope: "col", class: work.has(span.first) ? "works" : "", title: trace.sql },
      h("span", { class: "number" }, `line ${trace.line}`), h("span", { class: "sql" }, trace.sql.slice(0, 60)),
      h("span", { class: "number" }, time(trace.seconds)));
  }));
  const body = rows.map((row) => h("tr", {},
    h("th", { scope: "row" }, h("span", { class: "relation" }, row.relation), row.kind !== "table" && h("small", {}, row.kind === "view" ? "a view over it" : "what it is a part of"),
      row.size && h("small", {}, `${plural(row.size.rows, "row")}, ${bytes(row.size.bytes)}`)),
    bars(row, place, spans.length, file, work, said)));
  const table = h("table", { class: "timeline", "aria-label": `Locks of ${file.name}` }, h("thead", {}, head, names), h("tbody", {}, body));
  table.addEventListener("keydown", alongBars);
  table.querySelectorAll("button.bar").forEach((button, number) => button.setAttribute("tabindex", number ? "-1" : "0"));
  return [scrolling(h("div", { class: "timeline-box" }, table), `Locks of ${file.name}`), said];
}

// Statements at which no bar begins or ends, and that work on no rows, stand together in one column.
function condensed(part, rows, busy) {
  const edges = new Set(busy);
  for (const row of rows) {
    for (const bar of row.bars) edges.add(bar.first).add(bar.last);
    for (const done of row.work) edges.add(done.statement);
  }
  const spans = [];
  for (let number = part.first; number <= part.last; number++) {
    const last = spans.at(-1);
    if (last?.quiet && !edges.has(number)) last.last = number;
    else spans.push({ first: number, last: number, quiet: !edges.has(number) });
  }
  return spans;
}

function bars(row, place, width, file, work, said) {
  const made = [];
  let column = 0;
  for (const bar of row.bars) {
    const [from, to] = [place.get(bar.first), place.get(bar.last)];
    if (from > column) made.push(h("td", { colspan: from - column }));
    made.push(h("td", { colspan: to - from + 1 }, drawnBar(row, bar, from, to, place, file, work, said)));
    column = to + 1;
  }
  if (width > column) made.push(h("td", { colspan: width - column }));
  return made;
}

const unseen = (text) => h("span", { class: "unseen" }, text);

function drawnBar(row, bar, from, to, place, file, work, said) {
  const kind = WAIT[bar.waits.join()];
  const line = (number) => file.trace[number].line;
  const inside = (number) => number >= bar.first && number <= bar.last;
  const done = row.work.filter((work) => inside(work.statement));
  const own = new Set(done.map((work) => work.statement));
  const others = [...work].filter((number) => inside(number) && !own.has(number));
  const size = row.size ? ` It has ${plural(row.size.rows, "row")} in production.` : "";
  const reach = line(bar.first) === line(bar.last) ? `line ${line(bar.first)}` : `from line ${line(bar.first)} to line ${line(bar.last)}`;
  const sentence = [
    `${bar.mode} on ${row.relation}, ${reach}: ${WORDS[kind]}.`,
    ...done.map((work) => `Line ${line(work.statement)} ${work.words}${work.why ? ` (${work.why})` : ""}.`),
    ...others.map((number) => `Line ${line(number)} works on other rows meanwhile.`),
  ].join(" ") + size;
  const marks = [
    ...done.map((work) => h("span", { class: `mark own ${work.kind}`, "data-column": place.get(work.statement) - from },
      unseen(`Line ${line(work.statement)} `), work.words, unseen("."))),
    ...others.map((number) => h("span", { class: "mark", "data-column": place.get(number) - from },
      unseen(`While line ${line(number)} works on other rows, `), kind === "none" ? "it is held" : "others wait", unseen("."))),
  ];
  // Its name is all that it says: what is seen, and in between what its place shows.
  const button = h("button", { type: "button", class: `bar ${kind}`, title: sentence, onclick: () => { said.textContent = sentence; } },
    h("span", { class: "mode" }, bar.mode), unseen(` on ${row.relation}, ${reach}: ${WORDS[kind]}. `),
    h("span", { class: "marks" }, marks.flatMap((mark) => [mark, " "])));
  const grid = button.querySelector(".marks").style; // set by script: the page's policy takes no style from markup
  grid.gridTemplateColumns = `repeat(${to - from + 1}, minmax(0, 1fr))`;
  for (const mark of button.querySelectorAll(".mark")) mark.style.gridColumn = String(Number(mark.dataset.column) + 1);
  return button;
}

function alongBars(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const all = [...event.currentTarget.querySelectorAll("button.bar")];
  const at = all.indexOf(document.activeElement);
  const next = all[at + step];
  if (!step || at < 0) return;
  event.preventDefault();
  if (!next) return;
  all[at].setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

const legend = () => h("ul", { class: "legend", "aria-label": "What the bars mean" },
  Object.entries({ both: "nobody else reads or writes", writes: "nobody else writes", none: "others go on" })
    .map(([kind, meaning]) => h("li", {}, h("span", { class: `bar ${kind}`, "aria-hidden": "true" }), meaning)),
  h("li", {}, h("span", { class: "mark own", "aria-hidden": "true" }, "reads every row"), "what a statement does to this table"),
  h("li", {}, h("span", { class: "mark", "aria-hidden": "true" }, "others wait"), "work elsewhere while the lock is held"));
