/** A process that has another do what is named; it ends at once where it is asked to. */

import { apart } from "../../examples/guided-diffusion/processes/apart.ts";

process.once("SIGTERM", () => process.exit(0));
await apart(new URL("./apart-work.ts", import.meta.url), process.argv[2] as string, []);
