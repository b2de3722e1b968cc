/** Shapes that the front end infers, against the checker's types: `typegrad check --types`. */

import { describe, expect, test } from "vitest";
import { CompileError } from "../../compiler/diagnostics.ts";
import { readProgram } from "../../compiler/frontend/read.ts";
import { openSources } from "../../compiler/frontend/source.ts";
import { openCase, readingOf } from "../support/network-cases.ts";

describe("shapes as inferred and as typed", () => {
  test("agree for every call of a network read from a configuration", async () => {
    const one = await openCase("out of unet-a");
    const reading = { ...readingOf(one), verifyTypes: true };
    const { verification } = readProgram(openSources(), one.source, one.entry, reading);
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
