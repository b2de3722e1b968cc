/** What a compiler's work depends on, beside what it is asked for: the sources of programs, and its own. */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the package `typegrad`, whose own scripts run in it. */
export const packageFolder = path.dirname(createRequire(import.meta.url).resolve("typegrad/package.json"));

/** Where programs stand, and all that reads them, compiles them and prints them. */
const places = [
  fileURLToPath(new URL("..", import.meta.url)),
  ...["package.json", "dsl", "compiler", "runtime", "dist"].map((name) => path.join(packageFolder, name)),
];

const sourcesIn = (place: string): string[] => {
  if (!existsSync(place)) return [];
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(place, entry.name);
    return entry.isDirectory() ? sourcesIn(name) : /\.[jt]s$/.test(entry.name) ? [name] : [];
  });
};

/** SHA-256 over the names and contents of all source files in some places. */
export const digestOf = (places: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const file of places.flatMap(sourcesIn).sort()) {
    const text = readFileSync(file);
    hash.update(`${path.relative(packageFolder, file)} ${text.length}\n`).update(text);
  }
  return hash.digest("hex");
};

/** That of the sources as they are now. */
export const freshSourcesDigest = (): string => digestOf(places);

let digest: string | undefined;

/** That of the sources as they were when this process first asked: taken once. */
export const sourcesDigest = (): string => {
  digest ??= freshSourcesDigest();
  return digest;
};
