/** Bytes as people say them. */

export const showBytes = (bytes: number): string => {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let unit = 0;
  let amount = bytes;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${unit === 0 ? amount : amount.toFixed(amount < 10 ? 2 : 1)} ${units[unit]}`;
};
