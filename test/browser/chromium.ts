/**
 * Chromium out of the npm package `@sparticuz/chromium`, with the libraries and the software graphics driver that it needs.
 * Nothing is downloaded: the package holds them compressed. They are unpacked once, into `.cache/`.
 */

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createBrotliDecompress } from "node:zlib";
import { type Browser, chromium } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));
const packed = join(root, "node_modules/@sparticuz/chromium");

/** Why there is no browser here; `undefined` where there is one. */
export const noBrowser = (): string | undefined => {
  if (process.platform !== "linux" || process.arch !== "x64")
    return `@sparticuz/chromium holds a browser for linux x64, and this is ${process.platform} ${process.arch}`;
  return existsSync(join(packed, "bin/chromium.br")) ? undefined : "@sparticuz/chromium is not installed";
};

const expand = (from: string, to: string): Promise<void> =>
  pipeline(createReadStream(join(packed, "bin", from)), createBrotliDecompress(), createWriteStream(to));

/** The folder of the unpacked browser. Processes that unpack at once do not see each other's halves. */
const unpack = async (): Promise<string> => {
  const { version } = JSON.parse(readFileSync(join(packed, "package.json"), "utf8")) as { readonly version: string };
  const folder = join(root, ".cache", `chromium-${version}`);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  for (const archive of ["al2023.tar", "swiftshader.tar"]) {
    const file = join(partial, archive);
    await expand(`${archive}.br`, file);
    execFileSync("tar", ["-xf", file, "-C", partial]);
    rmSync(file);
  }
  await expand("chromium.br", join(partial, "chromium"));
  chmodSync(join(partial, "chromium"), 0o755);
  try {
    renameSync(partial, folder);
  } catch (cause) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(folder)) throw cause;
  }
  return folder;
};

/** A browser without a window, whose WebGPU is SwiftShader. The caller closes it. */
export const launchChromium = async (): Promise<Browser> => {
  const reason = noBrowser();
  if (reason) throw new Error(reason);
  const folder = await unpack();
  const libraries = [join(folder, "lib"), process.env.LD_LIBRARY_PATH].filter(Boolean).join(":");
  return chromium.launch({
    executablePath: join(folder, "chromium"),
    headless: true,
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
    args: [
      "--headless=shell",
      "--no-sandbox",
      "--enable-unsafe-webgpu",
      "--use-webgpu-adapter=swiftshader",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
};
