/** Which program the extension starts. Knows nothing of VS Code, so that the tests start the server in the same way. */

import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";

export interface Command {
  command: string;
  args: string[];
}

/** `ctb lsp`: the program of the setting, else that of the workspace's virtual environment, else the one on the PATH. */
export function serverCommand(setting: string, folder: string | undefined): Command {
  return { command: program(setting.trim(), folder), args: ["lsp"] };
}

function program(setting: string, folder: string | undefined): string {
  if (setting) {
    const isPath = /[\\/]/.test(setting);
    return folder && isPath && !isAbsolute(setting) ? join(folder, setting) : setting;
  }
  const inside = process.platform === "win32" ? join("Scripts", "ctb.exe") : join("bin", "ctb");
  const candidates = folder ? [".venv", "venv"].map((name) => join(folder, name, inside)) : [];
  return candidates.find((path) => existsSync(path)) ?? "ctb";
}
