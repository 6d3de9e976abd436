// --- Evidence: what a click on a cell, a finding or a migration opens ---------------------------------------------------

function open(state, title, file, body, link) {
  $("detail-head").replaceChildren(
    ...(state ? [h("div", { class: `state ${state.outcome}` }, sign(state.outcome), state.words)] : []),
    h("div", { class: "titled" }, h("h2", { id: "detail-title" }, title), anchor(link, title)), h("p", { class: "file" }, file),
  );
  $("detail-body").replaceChildren(...body);
  for (const pre of $("detail-body").querySelectorAll("pre:not(.prose)")) scrolling(pre, "SQL and output, wider than this window");
  if (!$("detail").open) $("detail").showModal();
  $("detail-body").focus();
  $("detail-body").scrollTop = 0;
  go(link);
}

// `at`: the link of the finding to begin with.
function openCell({ link, column, cell, place, file }, at) {
  const guideline = data.guidelines[column];
  const { outcome, reason, findings = [] } = answer(cell);
  const body = findings.map((finding) => article(finding, guideline));
  if (reason) body.push(section(outcome === "skipped" ? "Why it was not judged" : "What went wrong", h("pre", { class: "prose" }, reason)));
  body.push(
    section("What it asks", h("p", {}, prose(guideline.what))),
    ...(findings.length && findings.every((finding) => finding.why) ? [] : [section("Why", h("p", {}, prose(guideline.why)))]),
    guideline.page.startsWith("https://")
      ? h("p", {}, h("a", { href: guideline.page, target: "_blank", rel: "noopener noreferrer" }, `More about ${guideline.code} ${guideline.id}`))
      : h("p", {}, "More: ", h("code", {}, guideline.page || `ctb explain ${guideline.code}`)),
  );
  if (file) body.push(...traced(file, findings));
  open({ outcome, words: NAMES[outcome] }, `${guideline.code} ${guideline.title}`, place, body, link);
  const number = at ? findings.findIndex((finding) => finding.link === at) : -1;
  if (number >= 0) {
    go(at);
    body[number].classList.add("here");
    body[number].scrollIntoView({ block: "start" });
  }
}

function openFile(file) {
  const list = file.cells.filter(([, cell]) => cell).map(([column, cell]) => {
    const { code, id: guideline } = data.guidelines[column];
    const { outcome } = answer(cell);
    return h("button", { type: "button", class: outcome, "aria-label": `${code} ${guideline}: ${NAMES[outcome]}`, onclick: () => openCell(cells.get(`${id(file)}::${guideline}`)) },
      sign(outcome), guideline);
  });
  const state = file.trace && !file.applied ? "It did not apply" : "";
  open(null, file.name, path(file), [
    h("div", { class: "pills" }, list), state && h("p", { class: "quiet" }, state), ...traced(file, []),
  ].filter(Boolean), id(file));
}

const section = (title, ...content) => h("section", {}, h("h3", {}, title), ...content);

function article(finding, guideline) {
  const at = `${finding.file ? `${finding.file}:` : ""}${finding.line}:${finding.column}`;
  const parts = [
    h("p", { class: "at" }, at, anchor(finding.link, `the finding at ${at}`), finding.since && since()),
    h("p", { class: "message" }, finding.message),
  ];
  if (finding.owner) parts.push(h("p", { class: "quiet" }, `Owner: ${finding.owner}`));
  if (finding.status) parts.push(h("p", { class: "quiet" }, `${finding.status === "allowed" ? "Allowed" : "In the baseline"}: ${finding.reason ?? "known when the guide was adopted"}`));
  if (finding.excerpt) parts.push(section("Where", excerpt(finding.excerpt)));
  if (finding.evidence) parts.push(section("What was seen", h("pre", {}, finding.evidence)));
  if (finding.why) parts.push(section("Why", h("p", {}, prose(finding.why))));
  if (finding.instead) parts.push(section("Instead", copyable(finding.instead)));
  if (!finding.status && finding.excerpt)
    parts.push(section("Intentional? On the line above the statement, or in the header", copyable(`-- ctb:allow ${guideline.id}: the reason`)));
  return h("article", {}, parts);
}

const since = () => h("span", { class: "since" }, "new");

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
  const lines = new Set(findings.filter((finding) => !finding.file).map((finding) => finding.line));
  const made = file.trace.map((trace, number) => {
    const until = file.trace.slice(number + 1).find((next) => next.line > trace.line)?.line ?? Infinity;
    const here = !trace.added && [...lines].some((line) => line >= trace.line && line < until);
    return h("tr", { class: here && "here" },
      h("td", { class: "number" }, String(trace.line)),
      h("td", {}, h("pre", { class: "prose" }, trace.sql), effects(trace)),
      h("td", { class: "number" }, time(trace.seconds)));
  });
  const head = h("tr", {}, h("th", { scope: "col" }, "Line"), h("th", { scope: "col" }, "Statement, and what it was seen to do"), h("th", { scope: "col" }, "Time"));
  return [
    ...(file.timeline.rows.length + file.timeline.unseen.length ? [section("What others wait for", timeline(file))] : []),
    section(
      `The replay of this file: ${plural(file.trace.length, "statement")}, ${time(file.seconds)}`,
      h("table", { class: "trace" }, h("thead", {}, head), h("tbody", {}, made)),
    ),
  ];
}

function effects(trace) {
  const list = [];
  const add = (how, text, kind) => list.push(h("li", { class: kind }, how ? h("b", {}, `${how} `) : "", text));
  for (const key of trace.created ?? []) add("+", key, "made");
  for (const key of trace.altered ?? []) add("~", key, "other");
  for (const gone of trace.dropped ?? []) add("−", gone.key + (gone.cascade ? ", by CASCADE" : ""), "trouble");
  for (const table of trace.rewritten ?? []) add("", `writes ${table} anew, row by row`, "trouble");
  for (const table of trace.truncated ?? []) add("", `empties ${table}`, "trouble");
  for (const scan of trace.scanned ?? []) add("", `reads ${scan.table} from end to end${scan.why ? `: ${scan.why.join("; ")}` : ""}`);
  for (const row of trace.rows ?? []) {
    const counts = ["inserted", "updated", "deleted"].filter((kind) => row[kind]).map((kind) => `${row[kind]} ${kind}`);
    add("", `rows of ${row.table}: ${counts.join(", ")}`);
  }
  const locks = {};
  for (const { mode, relation } of trace.locks ?? []) (locks[mode] ??= []).push(relation);
  for (const [mode, held] of Object.entries(locks)) add("", `${mode} on ${held.join(", ")}`);
  for (const notice of trace.notices ?? []) add("", notice);
  if (trace.error) add("", `${trace.error.message}${trace.error.sqlstate ? ` (SQLSTATE ${trace.error.sqlstate})` : ""}`, "trouble");
  if (trace.undone) add("", "taken back by a later ROLLBACK of the file");
  for (const what of trace.unknown ?? []) add("", `not seen: ${what}`);
  return list.length ? h("ul", {}, list) : "";
}

$("close").addEventListener("click", () => $("detail").close());
$("detail").addEventListener("click", (event) => { if (event.target === $("detail")) $("detail").close(); });
$("detail").addEventListener("close", () => go(current.id));
