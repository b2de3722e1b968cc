/**
 * Installs what the benchmark needs, then runs it with the machine's priority where that can be had.
 *
 * Two threads that meet at barriers lose most of their speed when anything else runs. Linux shares out the processor among
 * sessions first, so `nice` does not help against other sessions: the benchmark becomes the head of a session of its own,
 * and the session is given priority.
 */

import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
/** Where libraries are installed: outside of the sources, which tests walk. */
const cache = `${root}.cache/bench/`;
const args = process.argv.slice(2);

const run = (command, parameters, cwd) => {
  const { status } = spawnSync(command, parameters, { cwd, stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) process.exit(status || 1);
};
const versionOf = (name) => {
  const file = `${cache}node_modules/${name}/package.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : undefined;
};

run(process.execPath, [`${root}.ci/install.mjs`], root);
const { dependencies } = JSON.parse(readFileSync(`${here}package.json`, "utf8"));
if (Object.entries(dependencies).some(([name, version]) => versionOf(name) !== version)) {
  console.error("Installing the libraries to compare with.");
  mkdirSync(cache, { recursive: true });
  for (const name of ["package.json", "package-lock.json", ".npmrc"]) copyFileSync(`${here}${name}`, `${cache}${name}`);
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], cache);
}

const priority = "/proc/self/autogroup";
const canHavePriority = () => {
  try {
    accessSync(priority, constants.W_OK);
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
};
const relaxed = args.includes("--relaxed") ? ["--experimental-wasm-relaxed-simd"] : [];
const command = [...relaxed, "--import", "tsx", "--conditions=typegrad-source", `${here}main.ts`, ...args];
const [program, parameters] = canHavePriority()
  ? ["setsid", ["--wait", "sh", "-c", `echo -20 > ${priority}; exec "$@"`, "sh", process.execPath, ...command]]
  : [process.execPath, command];
const child = spawn(program, parameters, { cwd: root, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => process.exit(code ?? 1));
