/** Where cases are computed: in plain loops, as they stand or compiled, or on a device. */

import { isTensor } from "typegrad";
import type { compile, Spec } from "typegrad/compiler";
import { type Device, openDevice } from "typegrad/runtime";

/** `program`: compiled, and then run in plain loops. */
export const deviceNames = ["direct", "program", "wasm", "webgpu"] as const;
export type DeviceName = (typeof deviceNames)[number];

/** A function of what is known when it is compiled, and of a tree of tensors. */
export type Program<Settings, Inputs, Result> = (settings: Settings, inputs: Inputs) => Result;

export interface GoldenDevice {
  readonly name: DeviceName;
  /** Whether its exp, sin, cos and rsqrt are looser than a processor's. */
  readonly isLoose: boolean;
  /** Whether it rounds a product to f32 before it adds to it: plain loops compute in f64. */
  readonly isSingle: boolean;
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
  readonly close: () => void;
}

const specOf = (value: unknown): Spec => {
  if (isTensor(value)) return { shape: value.shape, dtype: value.dtype };
  if (Array.isArray(value)) return value.map(specOf);
  return Object.fromEntries(Object.entries(value as object).map(([key, child]) => [key, specOf(child)]));
};

type Call = (settings: unknown, inputs: unknown) => Promise<unknown>;

/** A graphics processor; one that the processor computes for, where there is no other. */
const openWebgpu = async (): Promise<Device> => {
  try {
    return await openDevice({ kind: "webgpu" });
  } catch {
    return openDevice({ kind: "webgpu", software: true });
  }
};

/**
 * Opens a device. `most` is in 10⁹ operations: 5 by default, but on WASM, which computes all.
 * @throws DeviceError where there is none
 */
export const openGoldenDevice = async (
  name: DeviceName,
  most = name === "wasm" ? Infinity : 5,
): Promise<GoldenDevice> => {
  const common = {
    name,
    isLoose: name === "webgpu",
    isSingle: name === "wasm" || name === "webgpu",
    mostFlops: most * 1e9,
  };
  if (name === "direct")
    return {
      ...common,
      close: () => undefined,
      prepare: async (program, _, settings) => async (given) => program(settings, given),
    };
  const device =
    name === "program" ? undefined : name === "wasm" ? await openDevice({ kind: "wasm" }) : await openWebgpu();
  return {
    ...common,
    close: () => device?.close(),
    prepare: async (program, source, settings, inputs) => {
      const options = { source, statics: { settings }, specs: { inputs: specOf(inputs) }, ...(device && { device }) };
      // The compiler is large, and what the command line lists must not wait for it.
      const compiler = await import("typegrad/compiler");
      const call = (await compiler.compile(program, options as Parameters<typeof compile>[1])) as unknown as Call;
      return (given) => call(settings, given) as never;
    },
  };
};
