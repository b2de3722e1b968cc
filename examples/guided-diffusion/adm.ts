/** `npm run adm -- <command>`: ADM from the command line. Each command is a file of `cli/` that registers itself. */

import { registerEvaluate } from "./cli/evaluate.ts";
import { registerGoldens } from "./cli/goldens.ts";
import { registerInspect } from "./cli/inspect.ts";
import { registerNll } from "./cli/nll.ts";
import type { Register } from "./cli/options.ts";
import { createProgram, runProgram } from "./cli/program.ts";
import { registerSample } from "./cli/sample.ts";
import { registerStart } from "./cli/start.ts";
import { registerSweep } from "./cli/sweep.ts";
import { registerTrain, registerTrainClassifier } from "./cli/train.ts";
import { registerTrainFeatures } from "./cli/train-features.ts";
import { registerUpsample } from "./cli/upsample.ts";

const commands: readonly Register[] = [
  registerStart,
  registerSample,
  registerUpsample,
  registerNll,
  registerSweep,
  registerTrain,
  registerTrainClassifier,
  registerTrainFeatures,
  registerEvaluate,
  registerInspect,
  registerGoldens,
];

process.exitCode = await runProgram(createProgram(commands), process.argv.slice(2));
