/** Amounts as people say them. */

const scaled = (amount: number, step: number, units: readonly string[]): string => {
  let unit = 0;
  let value = amount;
  while (value >= step && unit < units.length - 1) {
    value /= step;
    unit++;
  }
  const digits = unit === 0 ? 0 : value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
};

/** `1.50 MiB`. */
export const showBytes = (bytes: number): string => scaled(bytes, 1024, ["bytes", "KiB", "MiB", "GiB", "TiB"]);

/** `62.6 MFLOP`. */
export const showFlops = (flops: number): string => scaled(flops, 1000, ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"]);

/** `11 kernels`, `1 kernel`. */
export const showCount = (count: number, noun: string): string =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

export const showMilliseconds = (milliseconds: number): string =>
  `${milliseconds.toFixed(milliseconds < 1 ? 3 : milliseconds < 100 ? 2 : 0)} ms`;

/** A word such as `512MiB`, `2GiB` or a count of bytes. */
export const parseBytes = (text: string): number | undefined => {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)\s*([KMG]iB)?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Math.floor(Number(digits) * 1024 ** ["", "KiB", "MiB", "GiB"].indexOf(unit));
};
