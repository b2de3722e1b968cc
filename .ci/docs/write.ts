/** `npm run docs`: writes `docs/ops.md`. */

import { mkdirSync, writeFileSync } from "node:fs";
import { opsPage } from "./page.ts";

const folder = new URL("../../docs/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("ops.md", folder), opsPage());
