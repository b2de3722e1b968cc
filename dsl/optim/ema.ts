/** Running averages of parameters. */

import { full, map } from "../ops.ts";
import { checkAlike, mapLeaves, type Rate, scalarOf } from "./parameters.ts";

/**
 * The exponential moving average of parameters, rate · average + (1 − rate) · params. It begins with a copy of them.
 * @example optim.ema({ w: tensor([1, 2]) }, { w: tensor([2, 2]) }, 0.9)
 * @throws ShapeError, DTypeError where the trees are not alike and of f32
 */
export const ema = <P>(average: P, params: NoInfer<P>, rate: Rate): P => {
  checkAlike("ema", { average, parameter: params });
  // A rate such as 0.9999 has few digits left in f32 after it is taken from 1.
  const share =
    typeof rate === "number" ? full([], 1 - rate) : map(scalarOf("ema", "the rate", rate), (rate) => 1 - rate);
  // As a sum, so that both weights make exactly 1.
  return mapLeaves((a, p) => map(a, p, share, (a, p, share) => a + share * (p - a)), average, params);
};
