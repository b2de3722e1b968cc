/** What the test of `apart` has other processes do. */

import { writeSync } from "node:fs";

export const sumOf = (
  values: Uint8Array,
): { readonly sum: number; readonly pid: number; readonly bytes: Uint8Array } => ({
  sum: values.reduce((sum, value) => sum + value, 0),
  pid: process.pid,
  bytes: values,
});

export const refuse = (text: string): never => {
  throw Object.assign(new RangeError(text), { diagnostics: [{ line: 7 }] });
};

export const refuseInWords = (text: string): never => {
  throw text;
};

export const refuseFor = (cause: string): never => {
  const first = Object.assign(new RangeError(cause), { line: 7 });
  throw new AggregateError([first, "in words"], "two faults", { cause: new Error("between", { cause: first }) });
};

export const refuseInData = (cause: string): never => {
  throw new Error("refused", { cause: { code: cause } });
};

/** With what cannot be copied. */
export const refuseWithFunction = (text: string): never => {
  throw Object.assign(new RangeError(text), { repair: () => text });
};

export const refuseInCircles = (text: string): never => {
  const error = new RangeError(text);
  error.cause = error;
  throw error;
};

export const functionOf = (value: number): (() => number) => {
  return () => value;
};

export const end = (): void => process.exit(3);

export const never = (): Promise<void> => new Promise(() => setInterval(() => undefined, 1000));

/** Says to standard output that it has begun. */
const begin = (): void => {
  writeSync(1, "begun\n");
};

export const neverSaid = (): Promise<void> => {
  begin();
  return never();
};

/** Lets nothing else run. */
const spin = (milliseconds: number): void => {
  begin();
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

export const busy = (): void => spin(500);

/** Longer than a test waits; not for ever, should the test fail. */
export const busyForLong = (): void => spin(60_000);
