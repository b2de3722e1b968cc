/**
 * Installs what `package-lock.json` names, if it is not there yet: the first step of `npm start`, `npm test` and
 * `npm run check`, so that each of them is the only command on a fresh clone. It has no dependencies, since nothing is
 * installed when it runs.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The packages of a lock file, by place; `undefined` where there is none that can be read. */
const packagesIn = (path) => {
  try {
    return JSON.parse(readFileSync(`${root}${path}`, "utf8")).packages;
  } catch {
    return undefined;
  }
};

/** Why what is installed is not what the lock file names; `undefined` where it is. */
const difference = () => {
  const wanted = packagesIn("package-lock.json");
  if (wanted === undefined) throw new Error("package-lock.json is missing or no JSON; restore it from git");
  // npm writes this file when an installation is complete.
  const installed = packagesIn("node_modules/.package-lock.json");
  if (installed === undefined) return "nothing is installed";
  for (const [place, { version, optional }] of Object.entries(wanted)) {
    if (place === "") continue;
    const found = installed[place];
    // Binaries for other platforms are optional, and stay away.
    if (found === undefined && optional) continue;
    const name = place.replace(/^node_modules\//, "");
    if (found === undefined || !existsSync(`${root}${place}/package.json`)) return `${name} ${version} is missing`;
    if (found.version !== version) return `${name} is ${found.version}, the lock file has ${version}`;
  }
  return undefined;
};

const major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  console.error(`typegrad needs Node 20 or later; this is ${process.versions.node}`);
  process.exit(1);
}

const reason = difference();
if (reason !== undefined) {
  console.error(`Installing the tools, since ${reason}.`);
  // Scripts of packages may download; none of ours need to.
  const { status, error } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    console.error(`npm ci failed${error ? `: ${error.message}` : ""}; installing needs a package registry, once.`);
    process.exit(status || 1);
  }
  const still = difference();
  if (still !== undefined) {
    console.error(`npm ci ended well, but ${still}; remove node_modules and run this again.`);
    process.exit(1);
  }
}
