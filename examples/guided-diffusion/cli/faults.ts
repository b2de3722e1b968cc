/** What a command says when it cannot do what it was asked, and the code that it exits with. */

import { CommanderError } from "commander";

/** A wrong flag, or a file that does not go with it: the user's to mend. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command was cut off by a signal. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** A command ran to its end, and what it checked is not as it should be. */
export class ChecksFailed extends Error {
  override readonly name = "ChecksFailed";
}

/** Errors whose messages are written for users. */
const known = new Set([
  "UsageError",
  "RangeError",
  "FormatError",
  "ShapeError",
  "DTypeError",
  "ArgumentError",
  "DeviceError",
  "PlanError",
]);

const systemFaults: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "it may not be opened",
  EPERM: "it may not be opened",
  EROFS: "its file system is read-only",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is no folder",
  EEXIST: "it is a file, and must be a folder",
  ENOSPC: "the disk is full",
};

/** What is said of a file that the system refuses; `undefined` for other errors. */
export const systemFaultOf = (error: Error): string | undefined => {
  const { code, path } = error as NodeJS.ErrnoException;
  const said = code === undefined ? undefined : systemFaults[code];
  return said === undefined || path === undefined ? said : `${path}: ${said}`;
};

interface Fault {
  readonly text: string;
  readonly exitCode: number;
}

/** What is said of an error: 2 for what the user can mend, 130 for an interruption, 1 for checks that failed, and with a stack for a fault of ours. */
export const faultOf = (error: unknown): Fault => {
  if (error instanceof CommanderError) return { text: "", exitCode: error.exitCode === 0 ? 0 : 2 };
  if (!(error instanceof Error)) return { text: String(error), exitCode: 1 };
  if (error.name === "Interrupted") return { text: error.message, exitCode: 130 };
  if (error.name === "ChecksFailed") return { text: error.message, exitCode: 1 };
  if (known.has(error.name)) return { text: error.message, exitCode: 2 };
  const text = systemFaultOf(error);
  return text === undefined ? { text: error.stack ?? error.message, exitCode: 1 } : { text, exitCode: 2 };
};
