/** The runner of passes, and how long they take on a network of the size of ADM's. */

import { describe, expect, test } from "vitest";
import { pullback } from "../../compiler/grad.ts";
import { checkProgram } from "../../compiler/ir/check.ts";
import { countEquations, type Program, type Variable } from "../../compiler/ir/program.ts";
import { record } from "../../compiler/ir/record.ts";
import { optimise, type PassReport, passLine, runPasses } from "../../compiler/passes.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import type { UNetConfig } from "../../examples/guided-diffusion/networks/config.ts";
import { adm64 } from "../../examples/guided-diffusion/networks/configs.ts";
import { parameterShapes } from "../../examples/guided-diffusion/networks/parameters.ts";
import { unet } from "../../examples/guided-diffusion/networks/unet.ts";
import { f32, programOf, sin } from "./optimise/regions.ts";

const same = (program: Program): Program => program;
const emptied = (program: Program): Program => ({ ...program, equations: [] });
/** Takes the last equation away, once for each name that is left. */
const shorten = (program: Program): Program =>
  program.equations.length > 1
    ? {
        ...program,
        equations: program.equations.slice(0, -1),
        results: program.equations.at(-2)?.outputs ?? [],
      }
    : program;

const chain = (): Program => programOf([f32(2)], (a) => sin(sin(sin(sin(a)))));

describe("the runner", () => {
  test("runs passes in order, and a nested list until nothing changes", () => {
    const ran: [string, boolean][] = [];
    const after = runPasses(
      chain(),
      [
        { name: "first", run: same },
        [
          { name: "shorten", run: shorten },
          { name: "look", run: same },
        ],
      ],
      { check: true, onPass: ({ name, changed }) => ran.push([name, changed]) },
    );
    expect(ran).toEqual([
      ["first", false],
      ["shorten", true],
      ["look", false],
    ]);
    expect(after.equations).toHaveLength(3);
  });

  test("a pass is run again where another changed the program after it", () => {
    const ran: string[] = [];
    runPasses(
      chain(),
      [
        [
          { name: "look", run: same },
          { name: "shorten", run: shorten },
          {
            name: "copy",
            run: (program) =>
              program.equations.length === 3
                ? { ...program, equations: program.equations.slice(0, 2), results: program.equations[1]?.outputs ?? [] }
                : program,
          },
        ],
      ],
      { onPass: ({ name }) => ran.push(name) },
    );
    expect(ran).toEqual(["look", "shorten", "copy", "look", "shorten", "copy", "look"]);
  });

  test("names the pass that broke the program", () => {
    const broken = [{ name: "share", run: emptied }];
    expect(() => runPasses(chain(), broken, { check: true })).toThrow(
      /^internal: pass share broke the program: a variable \(f32\[2\]\) of test is used before it is bound$/,
    );
    expect(() => runPasses(chain(), broken)).not.toThrow();
    expect(() => runPasses(emptied(chain()), [], { check: true })).toThrow(/^internal: the program is broken: /);
  });

  test("one line a pass", () => {
    const lines: string[] = [];
    const write = (report: PassReport): void => void lines.push(passLine({ ...report, milliseconds: 1.25 }));
    runPasses(
      chain(),
      [
        { name: "shorten", run: shorten },
        { name: "look", run: same },
      ],
      { onPass: write },
    );
    expect(lines).toEqual(["shorten        4 → 3 equations, 1.3 ms", "look           (unchanged), 1.3 ms"]);
  });

  test("keeps the named functions that a scheduler knows", () => {
    const program = network(tiny);
    const kinds = (options: Parameters<typeof optimise>[1]): Set<string> =>
      new Set(
        optimise(program, { check: true, ...options }).equations.flatMap(({ operation }) =>
          operation.kind === "composite" ? [operation.name] : [],
        ),
      );
    expect(kinds({})).toContain("groupNorm");
    expect([...kinds({ keep: (name) => name === "attention" })]).toEqual(["attention"]);
    expect([...kinds({ keep: () => false })]).toEqual([]);
  });
});

const tiny: UNetConfig = {
  inChannels: 3,
  outChannels: 6,
  modelChannels: 32,
  widths: [32, 32],
  resBlocks: 1,
  attentionFactors: [2],
  headChannels: 32,
  resample: "resBlock",
  scaleShiftNorm: true,
  classes: 5,
};

/** The program of a network, without the front end. */
const network = (config: UNetConfig): Program => {
  const shapes = parameterShapes(config);
  const keys = Object.keys(shapes);
  const variable = (name: string, shape: readonly number[], dtype: "f32" | "i32" = "f32"): Variable => ({
    kind: "variable",
    type: { shape, dtype },
    name,
  });
  const weights = keys.map((key) => variable(key, shapes[key] as readonly number[]));
  const parameters = [variable("x", [1, 3, 64, 64]), variable("t", [1], "i32"), variable("y", [1], "i32"), ...weights];
  return record("network", parameters, ([x, t, y, ...tensors]) => {
    const checkpoint = Object.fromEntries(keys.map((key, i) => [key, tensors[i] as AnyTensor]));
    return [unet(config, checkpoint, x as never, t as never, y as never)];
  }).program;
};

describe("a network of ADM's size", () => {
  /** The quickest of a few runs: what the passes need, and not what else the machine does. */
  const quickest = (program: Program): number =>
    Math.min(
      ...Array.from({ length: 4 }, () => {
        const start = performance.now();
        optimise(program);
        return performance.now() - start;
      }),
    );

  test("is optimised quickly, and so is its gradient", () => {
    const program = network(adm64);
    const gradient = pullback(
      program,
      program.parameters.map((_, i) => i === 0),
    );
    const [forward, backward] = [quickest(program), quickest(gradient)];
    const smaller = checkProgram(optimise(gradient));
    console.log(
      `${countEquations(program)} equations: ${forward.toFixed(0)} ms; gradient of ${countEquations(gradient)}, ${countEquations(smaller)} left: ${backward.toFixed(0)} ms`,
    );
    expect(countEquations(smaller)).toBeLessThan(0.9 * countEquations(gradient));
    expect(forward).toBeLessThan(300);
    expect(backward).toBeLessThan(600);
  });
});
