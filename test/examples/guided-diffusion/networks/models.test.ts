/** `typegrad check --types` of every released network, and of the small ones: read from its types alone, at full size. */

import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { exportedFunctions, readProgram } from "../../../../compiler/frontend/read.ts";
import { openSources } from "../../../../compiler/frontend/source.ts";
import { checkProgram } from "../../../../compiler/ir/check.ts";
import * as configs from "../../../../examples/guided-diffusion/networks/configs.ts";
import { parameterShapes } from "../../../../examples/guided-diffusion/networks/parameters.ts";

const file = fileURLToPath(new URL("../../../../examples/guided-diffusion/networks/models.ts", import.meta.url));
const sources = openSources();

describe("the networks", () => {
  test("are those of all configs", () => {
    expect([...exportedFunctions(sources, file)].sort()).toEqual(Object.keys(configs).sort());
  });

  test.each(Object.entries(configs))("can be compiled: %s", (name, config) => {
    const { program, verification } = readProgram(sources, file, name, {
      dims: { B: 2 },
      verifyTypes: true,
    });
    checkProgram(program);
    expect(verification?.calls).toBeGreaterThan(70);
    const [params] = [program.parameters.slice(0, Object.keys(parameterShapes(config)).length)];
    const shapes = params.map(({ name, type }) => [(name ?? "").replace(/^params\./, ""), type.shape]);
    expect(Object.fromEntries(shapes)).toEqual(parameterShapes(config));
    const [result] = program.results;
    expect(result?.type.shape.slice(0, 2)).toEqual([2, config.outChannels]);
  });
});
