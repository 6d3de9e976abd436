/** Starts `ctb lsp` for SQL files and shows what it finds. All judgement is in the server. */

import * as vscode from "vscode";
import { ExecuteCommandRequest, LanguageClient } from "vscode-languageclient/node";

import { serverCommand } from "./command";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.commands.registerCommand("ctb.replayFile", replay),
    vscode.commands.registerCommand("ctb.restart", restart),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("ctb")) await restart();
    }),
  );
  await restart();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
}

async function restart(): Promise<void> {
  await deactivate();
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const setting = vscode.workspace.getConfiguration("ctb").get<string>("command", "");
  const server = { ...serverCommand(setting, folder), options: { cwd: folder } };
  client = new LanguageClient("ctb", "pytest-ctb", server, {
    documentSelector: [{ scheme: "file", language: "sql" }],
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.{sql,yml,ini,toml,cfg,json}") },
  });
  try {
    await client.start();
  } catch {
    client = undefined;
    const how = 'pip install "pytest-ctb[lsp]", or set "ctb.command" to the program.';
    await vscode.window.showErrorMessage(`pytest-ctb: ${server.command} lsp does not start. ${how}`);
  }
}

/** Replay the saved file: its findings appear beside those of the text. */
async function replay(): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (!client || !document) return;
  await document.save();
  const running = client;
  const title = `Replaying ${vscode.workspace.asRelativePath(document.uri)}`;
  const answer = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, () =>
    running.sendRequest(ExecuteCommandRequest.type, { command: "ctb.replay", arguments: [document.uri.toString()] }),
  );
  await vscode.window.showInformationMessage(String(answer));
}
