/** ADM's networks for 64 × 64 images, as the front end is told of it: shapes alone, so that it needs no weights to be compiled. */

import { readProgram } from "../../compiler/frontend/read.ts";
import type { Sources } from "../../compiler/frontend/source.ts";
import { namedSchedule } from "../../examples/guided-diffusion/diffusion/schedule.ts";
import { adm64, classifier64 } from "../../examples/guided-diffusion/networks/configs.ts";
import { parameterShapes } from "../../examples/guided-diffusion/networks/parameters.ts";
import { rowAt } from "../../examples/guided-diffusion/sampling/row-at.ts";
import { admObjective } from "../../examples/guided-diffusion/training/objective.ts";

const networks = "examples/guided-diffusion/networks";
const spec = (shape: readonly number[], dtype: "f32" | "i32" | "u32" = "f32") => ({ shape, dtype });

const weights = (config: Parameters<typeof parameterShapes>[0]) =>
  Object.fromEntries(Object.entries(parameterShapes(config)).map(([key, shape]) => [key, spec(shape)]));

/** A step of DDIM that a classifier guides, of one image. */
export const readGuidedStep64 = (sources: Sources) =>
  readProgram(sources, "examples/guided-diffusion/sampling/programs.ts", "sampleStep", {
    specs: {
      params: weights(adm64),
      guide: weights(classifier64),
      x: spec([1, 3, 64, 64]),
      condition: { y: spec([1], "i32") },
      c: Object.fromEntries(Object.keys(rowAt(namedSchedule("linear", 1000), 0)).map((name) => [name, spec([])])),
      keys: spec([1, 2], "u32"),
      step: spec([], "i32"),
      strength: { scale: spec([]), eta: spec([]) },
    },
    statics: {
      sampling: {
        config: adm64,
        objective: admObjective,
        clip: true,
        sampler: "ddim",
        guide: classifier64,
      },
    },
  });

/** With the shapes of a checkpoint. */
export const readAdm64 = (sources: Sources) =>
  readProgram(sources, `${networks}/unet.ts`, "unet", {
    specs: {
      params: weights(adm64),
      x: spec([1, 3, 64, 64]),
      t: spec([1], "i32"),
      y: spec([1], "i32"),
    },
    statics: { config: adm64, dropout: undefined },
  });

/** With the shapes that its types have, derived from the config. */
export const readTypedAdm64 = (sources: Sources) =>
  readProgram(sources, `${networks}/models.ts`, "adm64", { dims: { B: 1 } });
