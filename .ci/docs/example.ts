/** Examples: calls that are run, with what they give. */

import * as typegrad from "../../dsl/index.ts";
import * as nn from "../../dsl/nn/index.ts";
import * as optim from "../../dsl/optim/index.ts";
import * as random from "../../dsl/random/index.ts";
import { leavesOf } from "../../dsl/tree.ts";

/** What an example may name: all that `typegrad` exports, and the libraries by the names of their modules. */
const names: Readonly<Record<string, unknown>> = { ...typegrad, nn, optim, random };

/** `[0]`, `state.mean.w`: the place of a leaf as code writes it. */
const accessOf = (path: string): string =>
  path
    .split(".")
    .map((part, i) => (/^\d+$/.test(part) ? `[${part}]` : i > 0 ? `.${part}` : part))
    .join("");

/** What a call gives, as the documents show it: a tensor's text, or that of each leaf of a tree. */
export const shown = (result: unknown): string => {
  if (typegrad.isTensor(result)) return typegrad.format(result);
  if (typeof result !== "object" || result === null) return `${result}`;
  return leavesOf("an example", result)
    .map(({ path, tensor }) => {
      const place = `${accessOf(path)} = `;
      return place + typegrad.format(tensor).replaceAll("\n", `\n${" ".repeat(place.length)}`);
    })
    .join("\n");
};

export const resultOf = (call: string): string =>
  shown(new Function(...Object.keys(names), `"use strict"; return (${call});`)(...Object.values(names)));

/** A call, and its result in comments. */
export const exampleText = (call: string): string =>
  [
    `${call};`,
    ...resultOf(call)
      .split("\n")
      .map((line) => `// ${line}`.trimEnd()),
  ].join("\n");
