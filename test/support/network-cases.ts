/** What the goldens say of networks, as calls: of a function, with its arguments, and what is due. */

import { fileURLToPath } from "node:url";
import type { Spec } from "../../compiler/frontend/entry.ts";
import { readProgram, type Signature } from "../../compiler/frontend/read.ts";
import { openSources } from "../../compiler/frontend/source.ts";
import type { Program } from "../../compiler/ir/program.ts";
import { slice } from "../../dsl/index.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { classifier } from "../../examples/guided-diffusion/networks/classifier.ts";
import type { UNetConfig } from "../../examples/guided-diffusion/networks/config.ts";
import { superRes } from "../../examples/guided-diffusion/networks/super-res.ts";
import { unet } from "../../examples/guided-diffusion/networks/unet.ts";
import { guidance, inputGradient } from "../programs/guidance.ts";
import { specOf, tensorsIn } from "./compiled.ts";
import { type Golden, openGolden } from "./network-golden.ts";

// biome-ignore lint/suspicious/noExplicitAny: functions of several types in one list
type AnyFunction = (...args: any[]) => AnyTensor;

export interface NetworkCase {
  /** The file that exports the function. */
  readonly source: string;
  readonly entry: string;
  readonly f: AnyFunction;
  /** By the names of parameters, in their order; what is no tensor is static. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly due: AnyTensor;
  /** How far each element may be off on a processor. */
  readonly tolerance: number;
  /** The largest magnitude of what is due. */
  readonly scale: number;
}

const networks = "../../examples/guided-diffusion/networks";
const functions = {
  unet: { f: unet as unknown as AnyFunction, source: `${networks}/unet.ts` },
  superRes: { f: superRes as unknown as AnyFunction, source: `${networks}/super-res.ts` },
  classifier: { f: classifier as unknown as AnyFunction, source: `${networks}/classifier.ts` },
  inputGradient: { f: inputGradient as unknown as AnyFunction, source: "../programs/guidance.ts" },
  guidance: { f: guidance as unknown as AnyFunction, source: "../programs/guidance.ts" },
} as const;

type Entry = keyof typeof functions;

/** A golden network, an entry, the result's name, and its arguments after the parameters. */
interface Row {
  readonly golden: string;
  readonly entry: Entry;
  readonly result: string;
  readonly inputs: (golden: Golden) => Readonly<Record<string, unknown>>;
  /** Changes of the config. */
  readonly change?: Partial<UNetConfig>;
  readonly tolerance?: number;
}

const plain = ({ at, config }: Golden) => ({
  x: at("in.x"),
  t: at("in.t"),
  y: "classes" in config ? at("in.y") : undefined,
});
const noDropout = { dropout: undefined } as const;
const outputOf = (golden: string): Row => ({
  golden,
  entry: "unet",
  result: "out",
  inputs: (golden) => ({ ...plain(golden), ...noDropout }),
});
const gradientOf = (golden: string): Row => ({
  golden,
  entry: "inputGradient",
  result: "grad.x",
  inputs: (golden) => ({ ...plain(golden), ct: golden.at("in.cotangent") }),
});
const classifierRows = (pool: string): readonly Row[] => [
  {
    golden: `classifier-${pool}`,
    entry: "classifier",
    result: "logits",
    inputs: ({ at }) => ({ x: at("in.x"), t: at("in.t"), ...noDropout }),
  },
  {
    golden: `classifier-${pool}`,
    entry: "guidance",
    result: "grad.x",
    inputs: ({ at }) => ({ x: at("in.x"), t: at("in.t"), y: at("in.y") }),
  },
];
const first = (x: AnyTensor): AnyTensor => slice(x, 0, 0, 1);

const rows: readonly Row[] = [
  outputOf("tiny"),
  outputOf("unet-a"),
  gradientOf("unet-a"),
  outputOf("unet-b"),
  gradientOf("unet-b"),
  {
    ...outputOf("unet-b"),
    result: "out_wide",
    inputs: ({ at }) => ({ x: at("in.x_wide"), t: at("in.t_wide"), y: undefined, ...noDropout }),
  },
  outputOf("unet-c"),
  // The order of additions decides the last bits of halves.
  { ...outputOf("unet-c"), result: "out_fp16_torso", change: { torso: "f16" }, tolerance: 0.02 },
  {
    golden: "superres",
    entry: "superRes",
    result: "out",
    inputs: ({ at }) => ({ x: at("in.x"), lowRes: at("in.low_res"), t: at("in.t"), y: at("in.y"), ...noDropout }),
  },
  {
    golden: "superres",
    entry: "superRes",
    result: "out_odd",
    inputs: ({ at }) => ({
      x: at("in.x_odd"),
      lowRes: at("in.low_res_odd"),
      t: first(at("in.t")),
      y: first(at("in.y")),
      ...noDropout,
    }),
  },
  ...["attention", "adaptive", "spatial", "spatial_v2"].flatMap(classifierRows),
];

const titleOf = ({ golden, result }: Row): string => `${result} of ${golden}`;

/** Every result of the goldens' networks, and the gradients by the input: those of some entries, or of all. */
export const networkTitles = (...entries: readonly Entry[]): readonly string[] =>
  rows.filter(({ entry }) => entries.length === 0 || entries.includes(entry)).map(titleOf);

export const openCase = async (title: string): Promise<NetworkCase> => {
  const row = rows.find((row) => titleOf(row) === title);
  if (row === undefined) throw new Error(`no case ${title}`);
  const { entry, result, inputs, change = {} } = row;
  const golden = await openGolden(row.golden);
  const { f, source } = functions[entry];
  return {
    source: fileURLToPath(new URL(source, import.meta.url)),
    entry,
    f,
    args: { config: { ...golden.config, ...change }, params: golden.parameters, ...inputs(golden) },
    due: golden.at(result),
    tolerance: row.tolerance ?? golden.tolerance(result),
    scale: golden.scale(result),
  };
};

/** Runs the function itself. */
export const runDirectly = ({ f, args }: NetworkCase): AnyTensor => f(...Object.values(args));

const isStatic = (value: unknown): boolean => tensorsIn(value).length === 0;

/** How the front end is told of the arguments. */
export const readingOf = ({ args }: NetworkCase) => {
  const entries = Object.entries(args);
  return {
    specs: Object.fromEntries(
      entries.filter(([, value]) => !isStatic(value)).map(([name, value]): [string, Spec] => [name, specOf(value)]),
    ),
    statics: Object.fromEntries(entries.filter(([, value]) => isStatic(value))),
  };
};

const sources = openSources();

/** The program that the front end reads, whose first parameters are the network's. */
export const readCase = (one: NetworkCase): { readonly program: Program; readonly signature: Signature } =>
  readProgram(sources, one.source, one.entry, readingOf(one));

/** The tensors among the arguments, in the order of the program's parameters. */
export const operandsOf = ({ args }: NetworkCase): readonly AnyTensor[] => Object.values(args).flatMap(tensorsIn);

/** How many of the operands are parameters of the network. */
export const weightsOf = ({ args }: NetworkCase): number => tensorsIn(args.params).length;
