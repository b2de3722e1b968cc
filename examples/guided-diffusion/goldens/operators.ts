/** Values and gradients of the language's ops, against those of another library. */

import { fileURLToPath } from "node:url";
import { tensorWithin } from "./compare.ts";
import type { GoldenDevice } from "./device.ts";
import type { Folder, Tensors } from "./folder.ts";
import { adapterOf, type GoldenCase as OperatorCase } from "./operator-adapters.ts";
import { type CaseInputs, type CaseResults, operators } from "./operator-programs.ts";
import { type Finding, type GoldenCase, skipped } from "./row.ts";

const source = fileURLToPath(new URL("operator-programs.ts", import.meta.url));

/** Whether a case is one of ops and dtypes that the language has. */
const isKnown = (golden: OperatorCase): boolean =>
  adapterOf(golden) !== undefined && golden.dtype !== "bf16" && golden.params.to !== "bf16";

/** What is stored for a case. */
export const inputsOf = (stored: Tensors, { name, grads }: OperatorCase): CaseInputs => {
  const prefix = `${name}/in.`;
  const keys = stored.keys.filter((key) => key.startsWith(prefix));
  return {
    inputs: Object.fromEntries(keys.map((key) => [key.slice(prefix.length), stored.at(key)])),
    ...(grads.length > 0 && { cotangent: stored.at(`${name}/cotangent`) }),
  };
};

const compute = async (
  device: GoldenDevice,
  stored: Tensors,
  cases: readonly OperatorCase[],
): Promise<readonly CaseResults[]> => {
  const inputs = cases.map((golden) => inputsOf(stored, golden));
  const run = await device.prepare(operators, source, { cases }, inputs);
  return run(inputs);
};

/** The cases that are wanted are one program, in which they share kernels; where it fails, each is one, to name the faulty. */
export async function* operatorCases(
  folder: Folder,
  device: GoldenDevice,
  wanted = /(?:)/,
): AsyncGenerator<GoldenCase> {
  if (!folder.has("ops.json")) return;
  const { cases } = await folder.json<{ readonly cases: readonly OperatorCase[] }>("ops.json");
  const stored = await folder.tensors("ops.safetensors");
  const known = cases.filter((golden) => wanted.test(`ops/${golden.name}`) && isKnown(golden));
  let together: Promise<readonly CaseResults[] | undefined> | undefined;
  const resultsOf = async (golden: OperatorCase): Promise<CaseResults> => {
    together ??= compute(device, stored, known).catch(() => undefined);
    const [results] = (await together)?.slice(known.indexOf(golden)) ?? (await compute(device, stored, [golden]));
    return results as CaseResults;
  };
  async function* findings(golden: OperatorCase): AsyncGenerator<Finding> {
    if (!isKnown(golden)) {
      yield skipped("out", "the language has no such op");
      return;
    }
    for (const [quantity, value] of Object.entries(await resultsOf(golden))) {
      const [difference, magnitude] = golden.float64[quantity] ?? [0, 0];
      const expected = stored.host(`${golden.name}/${quantity}`);
      yield tensorWithin(quantity, value, expected, Math.max(10 * difference, 1e-6 * magnitude));
    }
  }
  for (const golden of cases) yield { name: `ops/${golden.name}`, run: () => findings(golden) };
}
