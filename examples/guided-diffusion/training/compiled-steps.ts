/** The steps of training, and what is measured beside them, compiled for a device. */

import { type Host, toHost, treeMap } from "typegrad";
import type { Spec } from "typegrad/compiler";
import type { DeviceTensor } from "typegrad/runtime";
import { coefficientTable } from "../diffusion/coefficients.ts";
import type { Schedule } from "../diffusion/schedule.ts";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import { parameterShapes } from "../networks/parameters.ts";
import { loadCompiled, type Target } from "../plans/load-compiled.ts";
import { flattenState, unflattenState } from "./flat-state.ts";
import type { Measure } from "./held-out.ts";
import { classifierMeasures, classifierStep, unetMeasures, unetStep } from "./programs.ts";
import type { StepInput, TrainingStep } from "./run.ts";
import type { ClassifierTraining } from "./train-classifier.ts";
import type { UNetTraining } from "./train-unet.ts";

const source = new URL("./programs.ts", import.meta.url);

/** Where and for how many images a step is compiled. */
export interface StepOptions extends Target {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly schedule: Schedule;
}

const f32 = (...shape: readonly number[]): Spec => ({ shape, dtype: "f32" });

const parametersSpec = (config: UNetConfig | ClassifierConfig): Readonly<Record<string, Spec>> =>
  Object.fromEntries(Object.entries(parameterShapes(config)).map(([key, shape]) => [key, f32(...shape)]));

const tableSpec = (schedule: Schedule): Spec =>
  treeMap(({ shape }) => f32(...shape) as never, coefficientTable(schedule)) as never;

const keySpec: Spec = { shape: [2], dtype: "u32" };

/** The types of a state: parameters, the same for both moments, and for each average. */
const stateSpec = (config: UNetConfig | ClassifierConfig, averages: number): Spec => {
  const params = parametersSpec(config);
  return {
    params,
    optimiser: { step: { shape: [], dtype: "i32" }, mean: params, square: params },
    averages: Array.from({ length: averages }, () => params),
  };
};

type Leaf = DeviceTensor | Host;
type Call = (...args: readonly unknown[]) => Promise<{
  readonly state: Parameters<typeof flattenState<DeviceTensor>>[0];
  readonly losses?: Readonly<Record<string, DeviceTensor>>;
  readonly loss?: DeviceTensor;
  readonly logits?: DeviceTensor;
  readonly gradientNorm: DeviceTensor;
  readonly parameterNorm: DeviceTensor;
}>;

const compiledStep = async (
  program: typeof unetStep | typeof classifierStep,
  training: UNetTraining | ClassifierTraining,
  { device, plans, signal, batch, height, width, schedule }: StepOptions,
  examplesOf: (input: StepInput) => Readonly<Record<string, Host>>,
  examples: Readonly<Record<string, Spec>>,
): Promise<TrainingStep> => {
  const averages = training.averageRates.length;
  const loaded = await loadCompiled(
    // biome-ignore lint/suspicious/noExplicitAny: the two programs take other examples, which `examplesOf` gives
    program as any,
    {
      source,
      donate: ["state"],
      statics: { training },
      specs: {
        state: stateSpec(training.config, averages),
        examples: { xStart: f32(batch, training.config.inChannels, height, width), ...examples },
        key: keySpec,
        table: tableSpec(schedule),
        rate: f32(),
      },
    },
    { device, plans, signal },
  );
  const table = await device.put(treeMap((column) => toHost(column) as never, coefficientTable(schedule)));
  const call = loaded as unknown as Call;
  return async (state, input) => {
    const output = await call(
      training,
      unflattenState<Leaf>(state, averages),
      examplesOf(input),
      input.key,
      table,
      input.rate,
    );
    const { logits, loss, losses, gradientNorm, parameterNorm } = output;
    logits?.dispose();
    return {
      state: flattenState(output.state),
      losses: losses ?? { loss: loss as DeviceTensor },
      gradientNorm,
      parameterNorm,
    };
  };
};

const indices = (count: number): Spec => ({ shape: [count], dtype: "i32" });

/** A step of a UNet; labels go to a network with classes. */
export const compileUNetStep = (training: UNetTraining, options: StepOptions): Promise<TrainingStep> => {
  const hasClasses = training.config.classes !== undefined;
  return compiledStep(
    unetStep,
    training,
    options,
    ({ images, labels, step, importance }) => ({
      xStart: images,
      step,
      importance,
      ...(hasClasses && { y: labels }),
    }),
    {
      step: indices(options.batch),
      importance: f32(options.batch),
      ...(hasClasses && { y: indices(options.batch) }),
    },
  );
};

/** A step of a noisy classifier. */
export const compileClassifierStep = (training: ClassifierTraining, options: StepOptions): Promise<TrainingStep> =>
  compiledStep(classifierStep, training, options, ({ images, labels, step }) => ({ xStart: images, step, y: labels }), {
    step: indices(options.batch),
    y: indices(options.batch),
  });

const compiledMeasure = async (
  program: typeof unetMeasures | typeof classifierMeasures,
  training: UNetTraining | ClassifierTraining,
  { device, plans, signal, batch, height, width, schedule }: StepOptions,
  hasLabels: boolean,
): Promise<Measure> => {
  const loaded = await loadCompiled(
    // biome-ignore lint/suspicious/noExplicitAny: the two programs take other examples
    program as any,
    {
      source,
      statics: { training },
      specs: {
        params: parametersSpec(training.config),
        examples: {
          xStart: f32(batch, training.config.inChannels, height, width),
          step: indices(batch),
          ...(hasLabels && { y: indices(batch) }),
        },
        key: keySpec,
        table: tableSpec(schedule),
      },
    },
    { device, plans, signal },
  );
  const table = await device.put(treeMap((column) => toHost(column) as never, coefficientTable(schedule)));
  const call = loaded as unknown as (...args: readonly unknown[]) => Promise<Readonly<Record<string, DeviceTensor>>>;
  return async (params, { images, labels, step }, key) => {
    const measured = await call(
      training,
      params,
      { xStart: images, step, ...(hasLabels && { y: labels }) },
      key,
      table,
    );
    return Object.fromEntries(
      await Promise.all(
        Object.entries(measured).map(async ([name, values]) => {
          const { data } = await values.read();
          values.dispose();
          return [name, data as Float32Array] as const;
        }),
      ),
    );
  };
};

/** The losses of a UNet on images that it is not trained on. */
export const compileUNetMeasure = (training: UNetTraining, options: StepOptions): Promise<Measure> =>
  compiledMeasure(unetMeasures, training, options, training.config.classes !== undefined);

/** Cross-entropy and accuracy of a noisy classifier on images that it is not trained on. */
export const compileClassifierMeasure = (training: ClassifierTraining, options: StepOptions): Promise<Measure> =>
  compiledMeasure(classifierMeasures, training, options, true);
