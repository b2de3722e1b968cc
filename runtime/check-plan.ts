/** Whether a plan holds together: every number in range, so that running it touches nothing that is not its own. */

import { PlanError } from "./errors.ts";
import { dtypes } from "./host.ts";
import { type Plan, planVersion, type Slot, type Step, type Tree } from "./plan.ts";

/** Loops in loops, and records in records. No program comes near; it keeps damaged files from filling the stack. */
const deepest = 200;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): value is string => typeof value === "string";

type Fail = (text: string) => never;

/** @throws PlanError that names what does not fit */
export const checkPlan = (plan: Plan): Plan => {
  const fail: Fail = (text) => {
    const name = isText(plan?.name) ? ` of ${plan.name}` : "";
    throw new PlanError(`the plan${name} is damaged: ${text}; compile it again`);
  };
  try {
    check(plan, fail);
  } catch (error) {
    // Whatever is not even of the kind that the checks take.
    if (error instanceof PlanError) throw error;
    fail((error as Error).message);
  }
  return plan;
};

const check = (plan: Plan, fail: Fail): void => {
  const all = (values: unknown, what: string): readonly unknown[] => {
    if (!Array.isArray(values)) fail(`${what} is no list`);
    const list = values as readonly unknown[];
    for (const value of list)
      if (typeof value !== "object" || value === null) fail(`${what} has an entry that is none`);
    return list;
  };
  if (typeof plan !== "object" || plan === null) fail("it is no record");
  if (plan.version !== planVersion)
    throw new PlanError(
      `the plan is of version ${plan.version}, and this runtime runs version ${planVersion}; compile it again with this version of typegrad`,
    );
  if (!isText(plan.name)) fail("it has no name");
  if (plan.device !== "wasm" && plan.device !== "webgpu") fail(`${plan.device} is no device`);

  const leaves = (tree: Tree, depth = 0): number => {
    if (tree === null) return 1;
    if (typeof tree !== "object" || depth > deepest) fail("a tree is none");
    return Object.values(tree).reduce((sum, child) => sum + leaves(child as Tree, depth + 1), 0);
  };
  const tensors = (values: unknown, what: string, count: number): void => {
    const list = all(values, what) as Plan["results"];
    if (list.length !== count) fail(`${what} are ${list.length} tensors, and their trees have ${count}`);
    for (const { name, dtype, shape } of list) {
      if (!isText(name) || !dtypes.includes(dtype)) fail(`${what} have a tensor without a name or dtype`);
      if (!Array.isArray(shape) || !shape.every(isCount)) fail(`${name} has no shape`);
    }
  };
  all(plan.parameters, "parameters");
  const leavesOf = (bound: boolean): number =>
    plan.parameters
      .filter((parameter) => parameter.bound === bound && parameter.tree !== "static")
      .reduce((sum, { tree }) => sum + leaves(tree as Tree), 0);
  tensors(plan.arguments, "arguments", leavesOf(false));
  tensors(plan.bound, "bound parameters", leavesOf(true));
  tensors(plan.results, "results", leaves(plan.result));
  if (!Array.isArray(plan.takesOver) || plan.takesOver.length !== plan.results.length)
    fail("takesOver has not one entry a result");
  const donated = plan.parameters
    .filter(({ bound, tree }) => !bound && tree !== "static")
    .flatMap((parameter) => Array<boolean>(leaves(parameter.tree as Tree)).fill(parameter.donated));
  for (const [result, over] of plan.takesOver.entries()) {
    if (over === null) continue;
    const [from, to] = [plan.arguments[over], plan.results[result]];
    // Memory that two have would be given back twice.
    const alone = plan.takesOver.indexOf(over) === result;
    if (!donated[over] || !alone || from === undefined || to === undefined || bytesOf(from) !== bytesOf(to))
      fail(`result ${result} takes over argument ${over}, which is not donated to it, or of another size`);
  }

  for (const part of ["call", "load", "packed", "scratch", "live"] as const)
    if (!isCount(plan.memory?.[part])) fail(`it has no bytes of ${part}`);
  if (!(plan.constants instanceof Uint8Array)) fail("it has no constants");
  for (const kernel of all(plan.kernels, "kernels") as Plan["kernels"]) {
    if (!isText(kernel.name) || !Array.isArray(kernel.access) || !isCount(kernel.grid)) fail("a kernel is none");
    if (plan.device === "wasm" && !isText(kernel.export)) fail(`${kernel.name} has no export`);
    if (plan.device === "webgpu" && !(isText(kernel.wgsl) && kernel.workgroups?.every(isCount)))
      fail(`${kernel.name} has no text or no workgroups`);
  }
  if (plan.device === "wasm") {
    const { plain, relaxed, memoryFlags } = plan.modules ?? {};
    for (const module of [plain, relaxed])
      if (!(module instanceof Uint8Array) || !isCount(memoryFlags) || (module[memoryFlags] ?? 0) !== 3)
        fail("its modules have no shared memory where it says so");
  }

  const ends: Readonly<Record<string, readonly number[]>> = {
    argument: plan.arguments.map(bytesOf),
    result: plan.results.map(bytesOf),
    bound: plan.bound.map(bytesOf),
  };
  const limits: Readonly<Record<string, number>> = {
    constant: plan.constants.length,
    packed: plan.memory.packed,
    temporary: Math.max(plan.memory.call, plan.memory.load),
  };
  for (const { kind, bytes, index, offset, name } of all(plan.slots, "slots") as readonly Slot[]) {
    if (kind === "counter") continue;
    const end = isCount(bytes) ? (limits[kind] === undefined ? bytes : bytes + (isCount(offset) ? offset : NaN)) : NaN;
    const limit = limits[kind] ?? ends[kind]?.[index ?? -1] ?? NaN;
    if (!(end <= limit)) fail(`the slot ${name} (${kind}) ends at byte ${end} of ${limit}`);
  }

  const slot = (number: unknown): Slot => plan.slots[number as number] ?? fail(`a step has no slot ${number}`);
  const steps = (list: readonly Step[], depth: number): void => {
    if (depth > deepest) fail("loops stand too deep in loops");
    for (const step of all(list, "steps") as readonly Step[]) {
      if (step.kind === "dispatch") {
        const kernel = plan.kernels[step.kernel] ?? fail(`a step has no kernel ${step.kernel}`);
        if (!Array.isArray(step.slots) || step.slots.length !== kernel.access.length)
          fail(`${kernel.name} takes ${kernel.access.length} buffers, and a step gives it other`);
        for (const number of step.slots) slot(number);
      } else {
        if (step.kind !== "loop" || !isCount(step.count)) fail("a step is none");
        if (slot(step.counter).kind !== "counter") fail("the counter of a loop is none");
        for (const [a, b] of step.swaps) {
          // Others would come to lie in memory that is not theirs.
          const [first, second] = [slot(a), slot(b)];
          if (first.kind !== "temporary" || second.kind !== "temporary" || first.bytes !== second.bytes)
            fail(`a loop swaps ${first.name} and ${second.name}, which are no temporaries of one size`);
        }
        steps(step.body, depth + 1);
      }
    }
  };
  steps(plan.load, 0);
  steps(plan.call, 0);
};

const bytesOf = ({ shape }: { readonly shape: readonly number[] }): number =>
  shape.reduce((size, dim) => size * dim, 4);
