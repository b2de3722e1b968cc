/** The parameters of a network: keys and shapes in a checkpoint's order, and what they are before training. */

import { mul, type Tensor, zeros } from "typegrad";
import * as nn from "typegrad/nn";
import * as random from "typegrad/random";
import type { ClassifierConfig, UNetConfig } from "./config.ts";
import type { ClassifierParams, Parameters, UNetParams } from "./parameter-types.ts";
import { type Part, partsOf } from "./parts.ts";

export type ParameterShapes = Readonly<Record<string, readonly number[]>>;

/** Keys in a checkpoint's order, with the shapes that a config gives them. */
export const parameterShapes = (config: UNetConfig | ClassifierConfig): ParameterShapes =>
  Object.fromEntries(partsOf(config).flatMap(shapesOf));

const shapesOf = ({ kind, key, shape }: Part): readonly (readonly [string, readonly number[]])[] => {
  if (kind === "position") return [[key, shape]];
  const weight = [`${key}.weight`, shape] as const;
  return kind === "embedding" ? [weight] : [weight, [`${key}.bias`, [shape[0] as number]]];
};

/** One line a parameter, `key` and dims joined by x: two checkpoints with the same text fit the same networks. */
export const keyListText = (shapes: ParameterShapes): string =>
  Object.entries(shapes)
    .map(([key, shape]) => `${key} ${shape.join("x")}\n`)
    .join("");

/**
 * Parameters as the original draws them: maps and tables by PyTorch's rules, norms as identities, and zeros in the last
 * layer of each residual branch and of the network, so that a new UNet gives 0.
 */
export const initUNet = <const C extends UNetConfig>(config: C, key: random.Key): UNetParams<C> =>
  // The types derive from the config what the parts are at run time: `parameters.test.ts` compares them.
  initParameters(config, key) as unknown as UNetParams<C>;

/** The same for a classifier. */
export const initClassifier = <const C extends ClassifierConfig>(config: C, key: random.Key): ClassifierParams<C> =>
  initParameters(config, key) as unknown as ClassifierParams<C>;

const initParameters = (config: UNetConfig | ClassifierConfig, key: random.Key): Parameters =>
  Object.fromEntries(partsOf(config).flatMap((part, i) => initPart(part, random.foldIn(key, i))));

const initPart = ({ kind, key, shape }: Part, own: random.Key): readonly (readonly [string, Tensor])[] => {
  const [rows = 0, columns = 0, ...kernel] = shape;
  switch (kind) {
    case "norm":
      return layer(key, nn.initNorm(rows));
    case "zero":
      return layer(key, { weight: zeros(shape), bias: zeros([rows]) });
    case "affine":
      return layer(
        key,
        kernel.length === 0
          ? nn.initLinear(own, columns, rows)
          : nn.initConv(own, columns, rows, kernel as [number, number]),
      );
    case "embedding":
      return [[`${key}.weight`, nn.initEmbedding(own, rows, columns).weight]];
    case "position":
      return [[key, mul(random.normal(own, shape), 1 / Math.sqrt(rows))]];
  }
};

const layer = (
  key: string,
  { weight, bias }: { readonly weight: Tensor; readonly bias: Tensor },
): readonly (readonly [string, Tensor])[] => [
  [`${key}.weight`, weight],
  [`${key}.bias`, bias],
];

/** @throws RangeError for the first parameter that is missing, has another shape, or has no place in the network */
export const checkParameters = (config: UNetConfig | ClassifierConfig, parameters: Parameters): void => {
  const shapes = parameterShapes(config);
  const others = "; the parameters are those of another config";
  for (const [key, shape] of Object.entries(shapes)) {
    const found = parameters[key]?.shape as readonly number[] | undefined;
    if (found?.join() === shape.join()) continue;
    const is = found === undefined ? "missing" : `[${found.join(", ")}]`;
    throw new RangeError(`${key} is ${is}, and must be [${shape.join(", ")}]${others}`);
  }
  const extra = Object.keys(parameters).find((key) => shapes[key] === undefined);
  if (extra !== undefined) throw new RangeError(`${extra} has no place in the network${others}`);
};
