/**
 * Compiles ADM's network for 64 × 64 images, or a step that its classifier guides, to a plan for a class of devices; prints what
 * it has and took as JSON.
 */

import { compilePlan } from "../../compiler/compile-plan.ts";
import { openSources } from "../../compiler/frontend/source.ts";
import { optimise } from "../../compiler/passes.ts";
import type { DeviceClassName } from "../../compiler/schedule/device-class.ts";
import { sizeOf } from "../../dsl/shape.ts";
import type { Step } from "../../runtime/plan.ts";
import { readAdm64, readGuidedStep64 } from "./adm64.ts";

const [device = "wasm", what = "network"] = process.argv.slice(2) as [DeviceClassName?, ("network" | "guided")?];
const { program, signature } = (what === "guided" ? readGuidedStep64 : readAdm64)(openSources());
const plan = await compilePlan("adm64", optimise(program, { keep: () => false }), signature, {
  device,
  bind: what === "guided" ? ["params", "guide"] : ["params"],
});
const { user, system } = process.cpuUsage();

const dispatches = (steps: readonly Step[]): number =>
  steps.reduce((sum, step) => sum + (step.kind === "loop" ? dispatches(step.body) : 1), 0);
const texts = new Set(plan.kernels.map((kernel) => kernel.wgsl ?? kernel.export));
const bytes = plan.modules
  ? plan.modules.plain.length + plan.modules.relaxed.length
  : [...texts].reduce((sum, text) => sum + (text?.length ?? 0), 0);
console.log(
  JSON.stringify({
    call: dispatches(plan.call),
    load: dispatches(plan.load),
    unique: texts.size,
    bytes,
    peak: plan.memory.call,
    live: plan.memory.live,
    packed: plan.memory.packed,
    /** Of the parameters themselves. */
    own: plan.bound.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0),
    /** Seconds of the processor since the process started, the start of tools included. */
    seconds: (user + system) / 1e6,
  }),
);
