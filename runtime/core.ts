/** What a device lends to what is loaded into it. */

import type { Backend } from "./backend.ts";
import type { Queue } from "./queue.ts";
import type { Tensors } from "./tensors.ts";

export interface Core {
  readonly backend: Backend;
  readonly queue: Queue;
  readonly tensors: Tensors;
}
