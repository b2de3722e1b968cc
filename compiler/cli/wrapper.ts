/** The module that `typegrad build` writes beside a plan: it loads the plan with the types of the function. */

import path from "node:path";
import type { Plan } from "../../runtime/plan.ts";

export const wrapperMark = "/** Made by `typegrad build`";

const isName = (name: string): boolean => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);

/** `plan` is written to `planFile`, and compiled from the export `name` of `source`. */
export const wrapperOf = (plan: Plan, planFile: string, source: string, name: string): string => {
  const folder = path.dirname(path.resolve(planFile));
  const relative = path.relative(folder, path.resolve(source)).split(path.sep).join("/");
  const specifier = relative.startsWith(".") ? relative : `./${relative}`;
  const base = path.basename(planFile);
  const bound = plan.parameters.filter((parameter) => parameter.bound);
  const open = plan.parameters.flatMap((parameter, i) => (parameter.bound ? [] : [[parameter.name, i] as const]));
  const parameters = open.map(([parameter, i]) => `${isName(parameter) ? parameter : `argument${i}`}: Arguments[${i}]`);
  const loaded = bound.length > 0 ? `Loaded<typeof ${name}, Bound>` : `Loaded<typeof ${name}>`;
  const list = bound.map((parameter) => parameter.name).join(", ");
  const types = [
    `type Arguments = Parameters<typeof ${name}>;`,
    `/** What is left to pass once ${list} ${bound.length === 1 ? "is" : "are"} bound. */`,
    `export type Bound = (${parameters.join(", ")}) => ReturnType<typeof ${name}>;`,
    "",
  ];
  return [
    `${wrapperMark} from ${name} of ${path.basename(source)}: the plan in ${base}, with its types. */`,
    "",
    'import { type Device, fetchPlan, type Loaded, type LoadOptions } from "typegrad/runtime";',
    `import type { ${name} } from ${JSON.stringify(specifier)};`,
    "",
    ...(bound.length > 0 ? types : []),
    `/** Loads the plan into a device, \`await openDevice(${JSON.stringify(plan.device)})\`. */`,
    `export const load = async (device: Device, options?: LoadOptions): Promise<${loaded}> =>`,
    `  device.load(await fetchPlan(new URL(${JSON.stringify(`./${base}`)}, import.meta.url)), options);`,
    "",
  ].join("\n");
};
