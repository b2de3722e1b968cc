/** Draws from a key, as a program of settings and inputs. */

import { type Tensor, tensor } from "typegrad";
import * as random from "typegrad/random";

/** What is drawn: a function of `typegrad/random` by its name, and what it takes besides a key. */
export type Draw =
  | { readonly kind: "split"; readonly shape: number | readonly number[] }
  | { readonly kind: "foldIn"; readonly data: number }
  | { readonly kind: "bits" | "normal" | "gumbel" | "exponential"; readonly shape: readonly number[] }
  | {
      readonly kind: "uniform" | "randint" | "truncatedNormal";
      readonly shape: readonly number[];
      readonly low: number;
      readonly high: number;
    }
  | { readonly kind: "bernoulli"; readonly shape: readonly number[]; readonly p: number }
  | {
      readonly kind: "categorical";
      readonly logits: readonly (readonly number[])[];
      readonly samples: readonly number[];
    }
  | { readonly kind: "permutation"; readonly n: number };

const drawn = (key: random.Key, draw: Draw): unknown => {
  switch (draw.kind) {
    case "split":
      return random.split(key, draw.shape as number);
    case "foldIn":
      return random.foldIn(key, draw.data);
    case "bits":
      return random.bits(key, draw.shape);
    case "normal":
      return random.normal(key, draw.shape);
    case "gumbel":
      return random.gumbel(key, draw.shape);
    case "exponential":
      return random.exponential(key, draw.shape);
    case "uniform":
      return random.uniform(key, draw.shape, { low: draw.low, high: draw.high });
    case "randint":
      return random.randint(key, draw.shape, { low: draw.low, high: draw.high });
    case "truncatedNormal":
      return random.truncatedNormal(key, draw.shape, { low: draw.low, high: draw.high });
    case "bernoulli":
      return random.bernoulli(key, draw.shape, draw.p);
    case "categorical":
      return random.categorical(key, tensor(draw.logits as [number, number][]), { samples: draw.samples });
    case "permutation":
      return random.permutation(key, draw.n);
  }
};

export const draws = (
  settings: { readonly draws: readonly Draw[] },
  inputs: { readonly key: Tensor<[2], "u32"> },
): readonly Tensor[] => settings.draws.map((draw) => drawn(inputs.key, draw) as Tensor);
