/** ADM's network for 64 × 64 images, as the front end is told of it: shapes alone, so that it needs no weights to be compiled. */

import { readProgram } from "../../compiler/frontend/read.ts";
import type { Sources } from "../../compiler/frontend/source.ts";
import { adm64 } from "../../examples/guided-diffusion/networks/configs.ts";
import { parameterShapes } from "../../examples/guided-diffusion/networks/parameters.ts";

const networks = "examples/guided-diffusion/networks";
const spec = (shape: readonly number[], dtype: "f32" | "i32" = "f32") => ({ shape, dtype });

/** With the shapes of a checkpoint. */
export const readAdm64 = (sources: Sources) =>
  readProgram(sources, `${networks}/unet.ts`, "unet", {
    specs: {
      params: Object.fromEntries(Object.entries(parameterShapes(adm64)).map(([key, shape]) => [key, spec(shape)])),
      x: spec([1, 3, 64, 64]),
      t: spec([1], "i32"),
      y: spec([1], "i32"),
    },
    statics: { config: adm64, dropout: undefined },
  });

/** With the shapes that its types have, derived from the config. */
export const readTypedAdm64 = (sources: Sources) =>
  readProgram(sources, `${networks}/models.ts`, "adm64", { dims: { B: 1 } });
