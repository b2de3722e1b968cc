/**
 * Serves the project's own files to a page, TypeScript with its types taken off: a page imports `/runtime/index.ts`, and
 * workers lie where their addresses say.
 */

import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface ServeOptions {
  /** What else is there, by path: `{ "/plan": bytes }`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Whether pages are cross-origin isolated, and so have shared memory. */
  readonly isolated?: boolean;
}

export interface Server {
  readonly origin: string;
  readonly close: () => void;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".ts": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** A file of the project; `undefined` where there is none, or where pages have nothing to look for. */
const projectFile = (path: string): string | Uint8Array | undefined => {
  const file = join(root, normalize(path));
  if (!/^\/(dsl|runtime|examples|test)\//.test(path) || !statSync(file, { throwIfNoEntry: false })?.isFile())
    return undefined;
  if (extname(file) !== ".ts") return readFileSync(file);
  return transformSync(readFileSync(file, "utf8"), { loader: "ts", target: "es2022", sourcefile: path }).code;
};

export const serve = ({ files = {}, isolated = true }: ServeOptions = {}): Promise<Server> => {
  const contentOf = (path: string): string | Uint8Array | undefined => {
    if (path === "/") return "<!doctype html><title>typegrad</title>";
    return Object.hasOwn(files, path) ? files[path] : projectFile(path);
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const headers = isolated ? isolation : {};
    const content = contentOf(pathname);
    const type = pathname === "/" ? "text/html" : (types[extname(pathname)] ?? "application/octet-stream");
    response.writeHead(content === undefined ? 404 : 200, { ...headers, "Content-Type": type });
    response.end(content);
  });
  return new Promise((resolve) => {
    server.listen(0, "localhost", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        origin: `http://localhost:${port}`,
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
};
