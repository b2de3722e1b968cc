/** Values and gradients of the language's ops, against those of another library. */

import { type Tensor, vjp } from "typegrad";
import { tensorWithin } from "./compare.ts";
import type { GoldenDevice } from "./device.ts";
import type { Folder } from "./folder.ts";
import { adapterOf, type GoldenCase as OperatorCase } from "./operator-adapters.ts";
import { type Finding, type GoldenCase, skipped } from "./row.ts";

export async function* operatorCases(folder: Folder, device: GoldenDevice): AsyncGenerator<GoldenCase> {
  if (!folder.has("ops.json")) return;
  const { cases } = await folder.json<{ readonly cases: readonly OperatorCase[] }>("ops.json");
  // An adapter picks its op by name when it runs, which no program can.
  if (device.name !== "direct") {
    yield { name: "ops", run: () => [skipped("all", `${cases.length} cases of single ops run directly alone`)] };
    return;
  }
  for (const golden of cases) yield { name: `ops/${golden.name}`, run: () => operatorFindings(folder, golden) };
}

async function* operatorFindings(folder: Folder, golden: OperatorCase): AsyncGenerator<Finding> {
  const adapter = adapterOf(golden);
  if (adapter === undefined || golden.dtype === "bf16" || golden.params.to === "bf16") {
    yield skipped("out", "the language has no such op");
    return;
  }
  const stored = await folder.tensors("ops.safetensors");
  const prefix = `${golden.name}/in.`;
  const inputs = Object.fromEntries(
    stored.keys.filter((key) => key.startsWith(prefix)).map((key) => [key.slice(prefix.length), stored.at(key)]),
  );
  const varied = Object.fromEntries(golden.grads.map((name) => [name, inputs[name] as Tensor]));
  const [out, pullback] = vjp((values: typeof varied) => adapter.run({ ...inputs, ...values }, golden) as Tensor)(
    varied,
  );
  const gradients = golden.grads.length === 0 ? {} : pullback(stored.at(`${golden.name}/cotangent`) as never);
  const found = { out, ...Object.fromEntries(Object.entries(gradients).map(([name, g]) => [`grad.${name}`, g])) };
  for (const [quantity, value] of Object.entries(found)) {
    const [difference, magnitude] = golden.float64[quantity] ?? [0, 0];
    const expected = stored.host(`${golden.name}/${quantity}`);
    const bound = Math.max(10 * difference, 1e-6 * magnitude);
    yield tensorWithin(quantity, value as Tensor, expected, bound);
  }
}
