/** Names from the source for the variables of the program: the first const that a tensor is bound to. */

import { interpretedOf, isTensor } from "../../dsl/tensor.ts";
import type { Variable } from "../ir/program.ts";

export const nameValue = (value: unknown, name: string): void => {
  if (!isTensor(value)) return;
  const variable = interpretedOf<Partial<Variable>>(value).payload;
  if (variable.kind === "variable" && variable.name === undefined) variable.name = name;
};
