// A client of `ctb lsp` with VS Code's own protocol library, and the command as the extension starts it.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const { createProtocolConnection, StreamMessageReader, StreamMessageWriter } = require("vscode-languageserver-protocol/node");
const { serverCommand } = require("../dist/command.js");

export class Client {
  #published = new Map();
  #waiting = new Map();

  constructor(folder, setting = "") {
    const { command, args } = serverCommand(setting, folder);
    this.folder = folder;
    this.process = spawn(command, args, { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
    this.connection = createProtocolConnection(
      new StreamMessageReader(this.process.stdout),
      new StreamMessageWriter(this.process.stdin),
    );
    this.connection.onNotification("textDocument/publishDiagnostics", ({ uri, diagnostics }) => {
      this.#published.set(uri, diagnostics);
      this.#waiting.get(uri)?.(diagnostics);
    });
    this.connection.listen();
  }

  async start() {
    const rootUri = pathToFileURL(this.folder).href;
    const answer = await this.connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri,
      capabilities: { general: { positionEncodings: ["utf-16"] } },
    });
    await this.connection.sendNotification("initialized", {});
    return answer.capabilities;
  }

  /** Open a saved file; its diagnostics. */
  async open(path) {
    const uri = pathToFileURL(path).href;
    const textDocument = { uri, languageId: "sql", version: 0, text: readFileSync(path, "utf-8") };
    return this.#next(uri, () => this.connection.sendNotification("textDocument/didOpen", { textDocument }));
  }

  /** Put another text into an open file; its diagnostics. */
  async type(path, text, version) {
    const uri = pathToFileURL(path).href;
    const change = { textDocument: { uri, version }, contentChanges: [{ text }] };
    return this.#next(uri, () => this.connection.sendNotification("textDocument/didChange", change));
  }

  request(method, path, params = {}) {
    return this.connection.sendRequest(method, { textDocument: { uri: pathToFileURL(path).href }, ...params });
  }

  /** Run the replay for a file; what the server says, and the diagnostics after it. */
  async replay(path) {
    const uri = pathToFileURL(path).href;
    const answer = await this.connection.sendRequest("workspace/executeCommand", { command: "ctb.replay", arguments: [uri] });
    return { answer, diagnostics: this.#published.get(uri) };
  }

  async stop() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    await this.connection.sendRequest("shutdown");
    await this.connection.sendNotification("exit");
    return ended;
  }

  #next(uri, send) {
    return new Promise((resolve, reject) => {
      this.#waiting.set(uri, resolve);
      send().catch(reject);
    });
  }
}
