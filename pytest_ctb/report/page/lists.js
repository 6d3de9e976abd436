// --- Lists: findings, what changed since an earlier report, timelines, changes of the schema ---------------------------
// Drawn when they are first looked at, and as many entries as a page can bear.

const lists = { findings: [], compared: [], timeline: [], changes: [] };
const TITLES = {
  failed: "Failed", error: "Errors", warning: "Warnings", skipped: "Not judged", allowed: "Allowed", baselined: "Baselined",
};

function drawFindings() {
  const made = [];
  for (const at of cells.values()) {
    const { outcome, findings = [], reason } = answer(at.cell);
    for (const finding of findings) made.push(entry(at, finding, outcome));
    if (!findings.length && reason) made.push(unjudged(at, outcome, reason));
  }
  const order = new Map([...new Set(made.map((item) => item.group))].map((group, number) => [group, number]));
  made.sort((a, b) => byKind(a, b) || order.get(a.group) - order.get(b.group) || a.line - b.line || a.column - b.column);
  lists.findings = joined(made);
  for (const item of lists.findings) item.title = () => h("span", { class: item.kind }, sign(item.kind), ` ${TITLES[item.kind]}`);
}

function kindOf(finding, outcome) {
  if (finding.status) return finding.status;
  return finding.level === "error" ? outcome : "warning";
}

function entry(at, finding, outcome) {
  const { code, id: guideline } = data.guidelines[at.column];
  const kind = kindOf(finding, outcome);
  const group = at.file ? at.place : at.link.split("::")[0];
  return {
    kind, group, outcomes: [outcome, kind], line: finding.line, column: finding.column,
    text: `${at.place} ${code} ${guideline} ${finding.message} ${finding.reason ?? ""}`.toLowerCase(),
    draw: () => h("li", {},
      h("button", { type: "button", class: `finding ${kind}`, "aria-haspopup": "dialog", onclick: () => openCell(at, finding.link) },
        h("span", { class: "sign", role: "img", "aria-label": NAMES[kind] }, SIGNS[kind]),
        h("span", { class: "at" }, finding.file && finding.file !== group ? "" : `${finding.line}:${finding.column}`),
        h("span", { class: "which" }, `${code} ${guideline}`),
        h("span", { class: "what" }, finding.since && [since(), " "], finding.message,
          finding.status && h("small", {}, finding.reason || "known when the guide was adopted"))),
      anchor(finding.link, `${code} ${guideline} at line ${finding.line}`)),
  };
}

// What could not be judged has a reason in place of findings; checks of one file with the same reason stand together.
function unjudged(at, outcome, reason) {
  const { code, id: guideline } = data.guidelines[at.column];
  const group = at.file ? at.place : at.link.split("::")[0];
  const item = {
    kind: outcome, group, outcomes: [outcome], line: 0, column: 0, reason, checks: [at],
    text: `${at.place} ${code} ${guideline} ${reason}`.toLowerCase(),
  };
  item.draw = () => h("li", { class: "unjudged" },
    h("p", {}, outcome === "error" ? lastLine(reason) : reason),
    h("div", { class: "pills" }, item.checks.map((check) => {
      const { code, id: guideline } = data.guidelines[check.column];
      return h("span", { class: "pill" },
        h("button", { type: "button", class: outcome, "aria-haspopup": "dialog", "aria-label": `${code} ${guideline}: ${NAMES[outcome]}`, onclick: () => openCell(check) }, sign(outcome), `${code} ${guideline}`),
        anchor(check.link, `${code} ${guideline}`));
    })));
  return item;
}

// The line of a traceback that pytest marks as the error.
const lastLine = (reason) => /^E +(.+)$/m.exec(reason)?.[1] ?? reason.trim().split("\n")[0];

function joined(made) {
  const kept = [];
  for (const item of made) {
    const same = item.checks && kept.findLast((other) => other.checks && other.kind === item.kind && other.group === item.group && other.reason === item.reason);
    if (same) {
      same.checks.push(...item.checks);
      same.text += ` ${item.text}`;
    } else kept.push(item);
  }
  return kept;
}

const byKind = (a, b) => Object.keys(TITLES).indexOf(a.kind) - Object.keys(TITLES).indexOf(b.kind);

function drawCompared() {
  const { gone, unjudged: open } = data.comparison;
  const made = { new: [], still: [] };
  for (const at of cells.values())
    for (const finding of answer(at.cell).findings ?? [])
      made[finding.since ?? "still"].push(entry(at, finding, answer(at.cell).outcome));
  const sections = [
    ["New", made.new], ["Gone", gone.map(earlier)], ["Still there", made.still], ["Not judged this time", open.map(earlier)],
  ];
  for (const [title, items] of sections)
    for (const item of items.sort(byKind)) lists.compared.push({ ...item, kind: title, title: () => title });
}

function earlier(finding) {
  const kind = finding.status === "new" ? (finding.level === "error" ? "failed" : "warning") : finding.status;
  return {
    kind, group: finding.file, outcomes: [kind], text: `${finding.file} ${finding.code} ${finding.guideline} ${finding.message}`.toLowerCase(),
    draw: () => h("li", {}, h("div", { class: `finding ${kind}` },
      h("span", { class: "sign", role: "img", "aria-label": `${NAMES[kind]} before` }, SIGNS[kind]),
      h("span", { class: "at" }, `${finding.line}:${finding.column}`), h("span", { class: "which" }, `${finding.code} ${finding.guideline}`),
      h("span", { class: "what" }, finding.message))),
  };
}

const outcomesOf = (file) => file.cells.map(([, cell]) => answer(cell)?.outcome);
const heading = (file) => h("h2", {},
  h("button", { type: "button", "aria-haspopup": "dialog", onclick: () => openFile(file) }, path(file)),
  h("span", { class: "time" }, time(file.seconds)), anchor(id(file), path(file)));

function drawTimelines() {
  for (const file of data.files) {
    if (!file.timeline) continue;
    lists.timeline.push({
      outcomes: outcomesOf(file),
      text: `${path(file)} ${file.timeline.rows.map((row) => `${row.relation} ${row.bars.map((bar) => bar.mode).join(" ")}`).join(" ")}`.toLowerCase(),
      draw: () => h("div", { class: "change" }, heading(file), timeline(file)),
    });
  }
}

function drawChanges() {
  for (const file of data.files) {
    if (!file.changes) continue;
    lists.changes.push({
      outcomes: outcomesOf(file),
      text: `${path(file)} ${file.changes.map(([, kind, name]) => `${kind} ${name}`).join(" ")}`.toLowerCase(),
      draw: () => changesOf(file),
    });
  }
}

function changesOf(file) {
  const sql = file.trace.map((trace) => trace.sql.replace(/\s+/g, " "));
  const ways = { "+": ["made", "+", "made"], "~": ["other", "~", "changed"], "-": ["gone", "−", "dropped"] };
  const groups = [];
  for (const change of file.changes) {
    const last = groups.at(-1);
    if (last && last.how === change[0] && last.statement === change[5]) last.rest.push(change);
    else groups.push({ how: change[0], line: change[3][0], statement: change[5], first: change, rest: [] });
  }
  const named = ([, kind, name, , cascade]) => [h("span", { class: "kind" }, `${kind} `), name, cascade ? " (by CASCADE)" : ""];
  const list = groups.map(({ how, statement, first, rest }) => {
    const [style, shape, word] = ways[how];
    const lines = first[3];
    return h("li", { class: style },
      h("span", { class: "how", role: "img", "aria-label": word }, shape),
      h("span", { class: "object" }, named(first), rest.map((change) => h("span", { class: "along" }, named(change)))),
      h("span", { class: "sql", title: sql[statement] }, sql[statement]),
      h("span", { class: "line" }, lines.length > 2 ? `${lines[0]}–${lines.at(-1)}` : lines.join(", ")));
  });
  return h("div", { class: "change" }, heading(file),
    list.length ? h("ul", {}, list) : h("p", { class: "quiet" }, file.applied ? "It leaves the schema as it is." : "It did not apply."));
}

function drawList(name, most = MOST) {
  const panel = $(`panel-${name}`);
  const fitting = lists[name].filter((item) => fits(item.text) && shown(item.outcomes));
  const totals = new Map();
  for (const item of fitting) totals.set(item.kind, (totals.get(item.kind) ?? 0) + (item.checks?.length ?? 1));
  const made = [];
  let kind = null;
  let group = null;
  for (const item of fitting.slice(0, most)) {
    if (item.kind !== undefined && item.kind !== kind) {
      [kind, group] = [item.kind, null];
      made.push(h("h2", { class: "section" }, item.title(), h("span", { class: "count" }, count(totals.get(kind)))));
    }
    if (item.group !== undefined && item.group !== group) {
      group = item.group;
      made.push(h("h3", {}, group), h("ul"));
    }
    if (item.group === undefined) made.push(item.draw());
    else made.at(-1).append(item.draw());
  }
  const left = fitting.length - most;
  const more = h("button", { type: "button", class: "more", onclick: () => drawList(name, most + MOST) }, `${count(Math.max(0, left))} more`);
  panel.replaceChildren(h("div", { class: "list" }, name === "timeline" ? legend() : "",
    name === "compared" ? h("p", { class: "quiet" }, `Beside ${data.comparison.earlier}`) : "", made, left > 0 ? more : ""));
  return fitting.length;
}
