/** Where cases are computed: in plain loops, or compiled for a device. */

import { isTensor } from "typegrad";
import { compile, type Spec } from "typegrad/compiler";

export const deviceNames = ["direct", "wasm", "webgpu"] as const;
export type DeviceName = (typeof deviceNames)[number];

/** A function of what is known when it is compiled, and of a tree of tensors. */
export type Program<Settings, Inputs, Result> = (settings: Settings, inputs: Inputs) => Result;

export interface GoldenDevice {
  readonly name: DeviceName;
  /** Whether its exp, sin, cos and rsqrt are looser than a processor's. */
  readonly isLoose: boolean;
  /** What a network may cost: a larger one is skipped. */
  readonly mostFlops: number;
  /**
   * Makes a function ready for inputs like those given. `source` is the file that exports it, whose parameters are named
   * `settings` and `inputs`.
   */
  readonly prepare: <S, I, R>(
    program: Program<S, I, R>,
    source: string,
    settings: S,
    inputs: I,
  ) => Promise<(inputs: I) => Promise<R>>;
}

const specOf = (value: unknown): Spec => {
  if (isTensor(value)) return { shape: value.shape, dtype: value.dtype };
  if (Array.isArray(value)) return value.map(specOf);
  return Object.fromEntries(Object.entries(value as object).map(([key, child]) => [key, specOf(child)]));
};

type Call = (settings: unknown, inputs: unknown) => Promise<unknown>;

/** `most` is in 10⁹ operations: 5 by default, but on WASM, which computes all. */
export const goldenDevice = (name: DeviceName, most = name === "wasm" ? Infinity : 5): GoldenDevice => ({
  name,
  isLoose: name === "webgpu",
  mostFlops: most * 1e9,
  prepare: async (program, source, settings, inputs) => {
    if (name === "direct") return async (given) => program(settings, given);
    const options = { source, device: name, statics: { settings }, specs: { inputs: specOf(inputs) } };
    const call = (await compile(program, options as Parameters<typeof compile>[1])) as unknown as Call;
    return (given) => call(settings, given) as never;
  },
});
