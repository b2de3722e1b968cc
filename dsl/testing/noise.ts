/** Numbers that look random and are the same in every run: directions and cotangents of checks. */

/**
 * A stream of numbers in [-1, 1), of magnitude at least 1/4 so that no entry of a direction hides what it multiplies.
 * The hash is Chris Wellons' "lowbias32", https://nullprogram.com/blog/2018/07/31/.
 */
export const noise = (seed: number): (() => number) => {
  let counter = Math.imul(seed, 0x9e3779b1);
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let bits = counter;
    bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
    bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
    bits = (bits ^ (bits >>> 16)) >>> 0;
    const unit = bits / 2 ** 32;
    return unit < 0.5 ? -1 + 1.5 * unit : 0.25 + 1.5 * (unit - 0.5);
  };
};
