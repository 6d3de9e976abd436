// Open each file of a list, print its diagnostics as JSON: node diagnostics.mjs FOLDER CTB FILE…

import { Client } from "./client.mjs";

const [folder, ctb, ...files] = process.argv.slice(2);
const client = new Client(folder, ctb);
await client.start();
const shown = {};
for (const file of files) shown[file] = await client.open(file);
process.exitCode = await client.stop();
console.log(JSON.stringify(shown));
