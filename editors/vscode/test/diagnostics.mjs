// Open each file of a list, print its diagnostics as JSON: node diagnostics.mjs FOLDER CTB LIST

import { readFileSync } from "node:fs";

import { Client } from "./client.mjs";

const [folder, ctb, list] = process.argv.slice(2);
const client = new Client(folder, ctb);
await client.start();
const shown = {};
for (const file of readFileSync(list, "utf-8").trim().split("\n")) shown[file] = await client.open(file);
process.exitCode = await client.stop();
console.log(JSON.stringify(shown));
