/**
 * Which buffers are arrays of vectors: those where each access of four lanes begins at a multiple of four, if there is one.
 *
 * A store of one lane keeps a shared buffer an array of scalars: WGSL lets a write to a component of a vector rewrite the
 * others, which another invocation may own. So does a size that is no multiple of four, as the last elements of a binding
 * are then part of no vector.
 */

import { type Index, isMultiple } from "../kernel/index-expression.ts";
import { type Buffer, eachStatement, type Kernel } from "../kernel/kernel.ts";
import { eachValue } from "../kernel/walk.ts";

export interface Layout {
  /** Workgroup memory and scratch, in the order of their first accesses. */
  readonly own: readonly Buffer[];
  readonly vectors: ReadonlySet<Buffer>;
  /** Whether an invocation loads from a global buffer that invocations store to. */
  readonly exchanges: boolean;
}

export const layoutOf = (kernel: Kernel): Layout => {
  const accessed = new Set<Buffer>();
  const fours = new Set<Buffer>();
  const scalars = new Set<Buffer>();
  const loaded = new Set<Buffer>();
  const stored = new Set<Buffer>();
  const access = (buffer: Buffer, index: Index, lanes: number, isStore: boolean): void => {
    accessed.add(buffer);
    (isStore ? stored : loaded).add(buffer);
    if (lanes === 4) {
      fours.add(buffer);
      if (!isMultiple(index, 4)) scalars.add(buffer);
    } else if (isStore && buffer.space !== "scratch") scalars.add(buffer);
    if (buffer.space === "global" && buffer.size % 4 !== 0) scalars.add(buffer);
  };
  eachStatement(kernel.body, (statement) => {
    eachValue(statement, (value) => {
      if (value.kind === "load") access(value.buffer, value.index, value.type.lanes, false);
    });
    if (statement.kind === "store") access(statement.buffer, statement.index, statement.value.type.lanes, true);
  });
  return {
    own: [...accessed].filter(({ space }) => space !== "global"),
    vectors: new Set([...fours].filter((buffer) => !scalars.has(buffer))),
    exchanges: [...stored].some((buffer) => buffer.space === "global" && loaded.has(buffer)),
  };
};
