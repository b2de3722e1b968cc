/**
 * Runs the suite in Node 22, whose engine has relaxed SIMD without a flag: `npm run test:node22`. That Node is a package, and
 * is installed outside of the sources at first use. Arguments go to the tests: `npm run test:node22 -- test/compiler`.
 */

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = `${root}.cache/node22/`;

const run = (command, parameters, cwd) => {
  const { status, error } = spawnSync(command, parameters, {
    cwd,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (error) console.error(error.message);
  if (status !== 0) process.exit(status || 1);
};

if (process.platform !== "linux" || process.arch !== "x64") {
  console.error(
    `test/node22 has the Node of Linux on x64, and this is ${process.platform} on ${process.arch}; run npm test with a Node 22 of your own`,
  );
  process.exit(1);
}
run(process.execPath, [`${root}.ci/install.mjs`], root);
const { dependencies } = JSON.parse(readFileSync(`${here}package.json`, "utf8"));
const [[name, version]] = Object.entries(dependencies);
const folder = `${cache}node_modules/${name}/`;
const installed =
  existsSync(`${folder}package.json`) && JSON.parse(readFileSync(`${folder}package.json`, "utf8")).version;
if (installed !== version) {
  console.error(`Installing ${name} ${version}.`);
  mkdirSync(cache, { recursive: true });
  for (const file of ["package.json", "package-lock.json", ".npmrc"]) copyFileSync(`${here}${file}`, `${cache}${file}`);
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], cache);
}
run(`${folder}bin/node`, [`${root}node_modules/vitest/vitest.mjs`, "run", ...process.argv.slice(2)], root);
