/** Shapes that the front end infers, against the checker's types: `typegrad check --types`. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CompileError } from "../../compiler/diagnostics.ts";
import { readProgram } from "../../compiler/frontend/read.ts";
import { openSources } from "../../compiler/frontend/source.ts";
import { parameterShapes } from "../programs/unet-shapes.ts";

const golden = JSON.parse(readFileSync(new URL("../goldens/unet-a.json", import.meta.url), "utf8"));
const config = { modelChannels: 32, widths: [32, 64], blocksPerLevel: 1, attentionFactors: [2], headChannels: 16 };
const shapes = parameterShapes({ ...config, classes: 5, outChannels: 6 });

describe("shapes as inferred and as typed", () => {
  test("the test network's parameters are the checkpoint's", () => {
    expect(Object.entries(shapes).sort()).toEqual([...golden.keys].sort());
  });

  test("agree for every call of a network read from a configuration", () => {
    const spec = (shape: readonly number[], dtype: "f32" | "i32" = "f32") => ({ shape, dtype });
    const { verification } = readProgram(openSources(), "test/programs/unet.ts", "unet", {
      specs: {
        p: Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [key, spec(shape)])),
        x: spec([2, 3, 16, 16]),
        t: spec([2], "i32"),
        y: spec([2], "i32"),
      },
      statics: { config },
      verifyTypes: true,
    });
    expect(verification?.calls).toBeGreaterThan(60);
    expect(verification?.openDims).toBeGreaterThan(500);
  });

  test("agree for every call of ADM's network at 256 × 256, whose types are literal", () => {
    const { verification } = readProgram(openSources(), "test/types/unet/adm.ts", "unet", {
      dims: { B: 1 },
      verifyTypes: true,
    });
    expect(verification?.calls).toBeGreaterThan(80);
    expect(verification?.literalDims).toBeGreaterThan(100);
  });

  test("a cast that lies is found", () => {
    const text = `
import { reshape, type Tensor } from "typegrad";
export const program = (x: Tensor<[2, 3]>): Tensor<[3, 3]> => lie(x);
const lie = (x: Tensor<[2, 3]>): Tensor<[3, 3]> => reshape(x, [3, 2]) as unknown as Tensor<[3, 3]>;
`;
    const read = (): unknown =>
      readProgram(openSources({ "test/generated/lie.ts": text }), "test/generated/lie.ts", "program", {
        verifyTypes: true,
      });
    expect(read).toThrow(CompileError);
    expect(read).toThrow('TG601 the type says Tensor<[3, 3], "f32">, and the shape is f32[3, 2]');
  });
});
