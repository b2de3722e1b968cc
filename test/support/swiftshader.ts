/**
 * A Vulkan driver that computes on the processor, out of an npm package: SwiftShader, as `@sparticuz/chromium` ships it,
 * and the Vulkan loader beside it. Linux on x64 only.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";

const cache = fileURLToPath(new URL("../../.cache", import.meta.url));
const loader = "libvulkan.so.1";
const driver = "vk_swiftshader_icd.json";
const wanted = [loader, driver, "libvk_swiftshader.so"];

/** The files of a tar archive: a header of 512 bytes with name and octal size, then the content in whole blocks. */
const readTar = (archive: Buffer): ReadonlyMap<string, Buffer> => {
  const files = new Map<string, Buffer>();
  const text = (from: number, to: number): string => archive.toString("latin1", from, to).replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, at + 136), 8);
    files.set(text(at, at + 100).replace(/^\.\//, ""), archive.subarray(at + 512, at + 512 + size));
    at += 512 + 512 * Math.ceil(size / 512);
  }
  return files;
};

/** The folder with the driver. Processes that unpack it at the same time do not see each other's halves. */
const unpack = (): string => {
  const main = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const root = main.slice(0, main.indexOf("chromium", main.lastIndexOf("@sparticuz")) + "chromium".length);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };
  const folder = join(cache, `swiftshader-${version}`);
  if (existsSync(folder)) return folder;
  const files = readTar(brotliDecompressSync(readFileSync(join(root, "bin/swiftshader.tar.br"))));
  const own = `${folder}.${process.pid}`;
  mkdirSync(own, { recursive: true });
  for (const name of wanted) writeFileSync(join(own, name), files.get(name) as Buffer);
  try {
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
};

/** Linux's flag that keeps a library after it is closed. */
const neverUnload = 0x1000;

/**
 * Makes the driver the one that Vulkan finds in this process, unless the environment names another. Says whether there is
 * one.
 */
export const useSwiftshader = (): boolean => {
  if (process.env.VK_DRIVER_FILES !== undefined) return true;
  if (process.platform !== "linux" || process.arch !== "x64") return false;
  const folder = unpack();
  process.env.VK_DRIVER_FILES = join(folder, driver);
  const { RTLD_NOW, RTLD_GLOBAL } = os.constants.dlopen;
  try {
    // The loader is no addon, which Node says after it has loaded it. It stays, and is found by its name from now on.
    process.dlopen({ exports: {} }, join(folder, loader), RTLD_NOW | RTLD_GLOBAL | neverUnload);
  } catch (error) {
    if (!/did not self-register/.test(String(error))) throw error;
  }
  return true;
};
