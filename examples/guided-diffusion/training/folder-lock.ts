/** One run of training a folder: a lock that the system drops with the process that holds it, however that ends. */

import { createHash } from "node:crypto";
import { existsSync, realpathSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A socket that only the holder of the lock listens on. On Linux and Windows its name is in no folder, and goes with the
 * process; elsewhere it is a file that a killed process leaves. Its path is short, as systems ask.
 */
const socketOf = (folder: string): string => {
  const name = `typegrad-${createHash("sha256").update(realpathSync(folder)).digest("hex").slice(0, 16)}`;
  if (process.platform === "linux") return `\0${name}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.lock`);
};

const listen = (path: string): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer((client) => client.end());
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(server.unref()));
  });

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const client = connect(path, () => {
      client.destroy();
      resolve(true);
    });
    client.once("error", () => resolve(false));
  });

/**
 * Runs work that writes to a folder, alone on this machine.
 * @throws RangeError where another process works on the folder
 */
export const withFolderLock = async <T>(folder: string, work: () => Promise<T>): Promise<T> => {
  const path = socketOf(folder);
  let server = await listen(path);
  if (server === undefined && !(await answers(path))) {
    // Its holder was killed, and nobody listens.
    if (existsSync(path)) rmSync(path);
    server = await listen(path);
  }
  if (server === undefined)
    throw new RangeError(`${folder}: another process is training there; wait for it, or take another folder`);
  try {
    return await work();
  } finally {
    server.close();
  }
};
