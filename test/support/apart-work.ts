/** What the test of `apart` has other processes do. */

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

export const end = (): void => process.exit(3);

export const never = (): Promise<void> => new Promise(() => setInterval(() => undefined, 1000));
