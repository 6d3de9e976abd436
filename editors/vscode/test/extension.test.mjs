// The extension without VS Code: which server it starts, what that server answers, and that the bundle is whole.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import Module, { builtinModules, createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { Client } from "./client.mjs";

const require = createRequire(import.meta.url);
const { serverCommand } = require("../dist/command.js");
const CTB = process.env.CTB ?? "ctb";
const folder = realpathSync(mkdtempSync(join(tmpdir(), "ctb-vscode-")));
after(() => rmSync(folder, { recursive: true }));

const SQL = "BEGIN;\nCREATE TABLE note (id bigint);\nCOMMIT;\n";
const migration = join(folder, "migrations", "2025-11-21_create_note.sql");
mkdirSync(join(folder, "migrations"));
writeFileSync(join(folder, "pytest.ini"), "[pytest]\nctb_rules = ctb\nctb_postgres = embedded\n");
writeFileSync(migration, SQL);

const codes = (diagnostics) => diagnostics.map((each) => each.code).sort();

test("the setting chooses the program, a relative path starts at the workspace", () => {
  assert.deepEqual(serverCommand("", undefined), { command: "ctb", args: ["lsp"] });
  assert.equal(serverCommand(" /opt/ctb ", "/work").command, "/opt/ctb");
  assert.equal(serverCommand("tools/ctb", "/work").command, join("/work", "tools/ctb"));
  assert.equal(serverCommand("ctb-next", "/work").command, "ctb-next");
});

test("the virtual environment of the workspace comes before the PATH", () => {
  const inside = join(folder, ".venv", "bin");
  mkdirSync(inside, { recursive: true });
  assert.equal(serverCommand("", folder).command, "ctb");
  symlinkSync("/bin/true", join(inside, "ctb"));
  assert.equal(serverCommand("", folder).command, join(inside, "ctb"));
  rmSync(join(folder, ".venv"), { recursive: true });
});

test("the server finds, explains, repairs and replays what is typed", async () => {
  const client = new Client(folder, CTB);
  const capabilities = await client.start();
  assert.deepEqual(capabilities.executeCommandProvider.commands, ["ctb.replay"]);
  assert.deepEqual(codes(await client.open(migration)), ["CT03", "CT06", "CT07"]);

  const position = { line: 1, character: 3 };
  const hover = await client.request("textDocument/hover", migration, { position });
  assert.match(hover.contents.value, /CT07/);
  const range = { start: position, end: position };
  const actions = await client.request("textDocument/codeAction", migration, { range, context: { diagnostics: [] } });
  const [repair] = actions.filter((action) => JSON.stringify(action.edit ?? "").includes("IF NOT EXISTS"));
  assert.ok(repair, JSON.stringify(actions));

  const { answer, diagnostics } = await client.replay(migration);
  assert.match(answer, /^migrations\/2025-11-21_create_note\.sql: \d+ findings?$/);
  assert.ok(codes(diagnostics).includes("CT10"), JSON.stringify(codes(diagnostics)));

  const typed = SQL.replace("TABLE note", "TABLE IF NOT EXISTS note");
  assert.deepEqual(codes(await client.type(migration, typed, 1)), ["CT03", "CT06"]);
  assert.equal(await client.stop(), 0);
});

test("the bundle needs nothing but VS Code and Node", () => {
  const needed = new Set();
  const anything = new Proxy(function () {}, { get: (target, name) => (name === "prototype" ? target.prototype : anything) });
  const load = Module._load;
  Module._load = (name, ...others) => {
    needed.add(name);
    return name === "vscode" ? anything : load(name, ...others);
  };
  try {
    const extension = require("../dist/extension.js");
    assert.deepEqual(Object.keys(extension).sort(), ["activate", "deactivate"]);
  } finally {
    Module._load = load;
  }
  const others = [...needed].filter((name) => !builtinModules.includes(name.replace("node:", "")));
  assert.deepEqual(others.filter((name) => !name.includes("dist")), ["vscode"]);
});
