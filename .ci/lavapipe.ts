/** Where Vulkan's loader finds the driver of Mesa that computes on the processor, if this machine has it. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The folders of the loader's search, the system's own. */
const folders = ["/etc", ...(process.env.XDG_DATA_DIRS || "/usr/local/share:/usr/share").split(":")].map((folder) =>
  join(folder, "vulkan/icd.d"),
);

/** The path of `lvp_icd.*.json`; `undefined` where lavapipe is not installed. */
export const findLavapipe = (): string | undefined => {
  if (process.platform !== "linux") return undefined;
  for (const folder of folders) {
    const name = existsSync(folder) ? readdirSync(folder).find((file) => /^lvp_icd.*\.json$/.test(file)) : undefined;
    if (name !== undefined) return join(folder, name);
  }
  return undefined;
};
