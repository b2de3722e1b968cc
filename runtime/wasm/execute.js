// @ts-check
/**
 * Runs steps in one thread: its share of the points of each dispatch. A worker can be started on no `.ts` file, so this, which
 * workers import, is JavaScript.
 *
 * Each thread has its own table of addresses by slot, and changes it in the same way as the others: swaps and counters need
 * no word between threads. All that they share is the barrier after each dispatch.
 */

/** @import { Step } from "../plan.ts" */

/**
 * What threads need to know of a plan.
 * @typedef {object} Definition
 * @property {number} id
 * @property {string} name
 * @property {WebAssembly.Module} module
 * @property {readonly { readonly export: string, readonly name: string, readonly grid: number }[]} kernels
 * @property {{ readonly load: readonly Step[], readonly call: readonly Step[] }} steps
 * @property {number} slots How many there are.
 * @property {number} cells Address of the counters: for each thread, each counter on a cache line of its own.
 * @property {readonly number[]} counters The slots that are counters.
 * @property {number} scratch Address of the scratch memory of the first thread.
 * @property {number} scratchBytes Of one thread.
 */

/**
 * One run.
 * @typedef {object} Command
 * @property {number} id Of the definition.
 * @property {"load" | "call"} steps
 * @property {number} from
 * @property {number} to
 * @property {boolean} first Whether addresses are to be read from the table, since no run of these steps went before.
 * @property {number} table Address of the table: the address of each slot.
 * @property {number} times Address of a time for each dispatch step, in f64 milliseconds, and of a count for each; 0 for none.
 */

/**
 * @typedef {object} Dispatch
 * @property {"dispatch"} kind
 * @property {Function} run
 * @property {readonly number[]} slots
 * @property {number[]} args
 * @property {number} low
 * @property {number} high
 * @property {number} number
 * @property {string} what
 */

/**
 * @typedef {object} Loop
 * @property {"loop"} kind
 * @property {number} count
 * @property {boolean} reverse
 * @property {number} counter
 * @property {readonly (readonly [number, number])[]} swaps
 * @property {readonly (Dispatch | Loop)[]} body
 */

/**
 * @typedef {object} Thread
 * @property {number} index
 * @property {number} of
 * @property {() => boolean} barrier Whether to go on.
 * @property {(what: string, error: unknown) => void} fault
 */

/** @param {ArrayLike<number>} list @param {number} index */
const at = (list, index) => /** @type {number} */ (list[index]);

/**
 * A plan in one thread.
 * @param {WebAssembly.Memory} memory
 * @param {Definition} definition
 * @param {Thread} thread
 */
export const makeProgram = (memory, definition, thread) => {
  const { exports } = new WebAssembly.Instance(definition.module, { env: { memory } });
  const scratch = definition.scratch + thread.index * definition.scratchBytes;
  const cells = definition.cells + thread.index * definition.counters.length * 64;
  const table = new Uint32Array(definition.slots);
  /** @type {Int32Array} */
  let counters = new Int32Array(0);
  /** @type {Float64Array | undefined} */
  let times;

  /** @param {readonly Step[]} steps */
  const prepare = (steps) => {
    let dispatches = 0;
    /** @param {readonly Step[]} list @returns {(Dispatch | Loop)[]} */
    const visit = (list) =>
      list.map((step) => {
        if (step.kind === "loop") return { ...step, body: visit(step.body) };
        const kernel = /** @type {Definition["kernels"][number]} */ (definition.kernels[step.kernel]);
        const run = exports[kernel.export];
        if (typeof run !== "function")
          throw new Error(`internal: the module of ${definition.name} does not export ${kernel.export}`);
        const low = Math.floor((kernel.grid * thread.index) / thread.of);
        const high = Math.floor((kernel.grid * (thread.index + 1)) / thread.of);
        const args = [...step.slots.map(() => 0), scratch, low, high];
        const what = `${kernel.name} (${step.source})`;
        return { kind: "dispatch", run, slots: step.slots, args, low, high, number: dispatches++, what };
      });
    const prepared = visit(steps);
    return { steps: prepared, dispatches };
  };
  const programs = { load: prepare(definition.steps.load), call: prepare(definition.steps.call) };

  /** @param {Dispatch} step @param {number} dispatches */
  const dispatch = (step, dispatches) => {
    const before = times === undefined ? 0 : performance.now();
    if (step.low < step.high) {
      const { slots, args } = step;
      for (let i = 0; i < slots.length; i++) args[i] = at(table, at(slots, i));
      try {
        Reflect.apply(step.run, undefined, args);
      } catch (error) {
        thread.fault(step.what, error);
      }
    }
    const on = thread.barrier();
    if (times !== undefined && thread.index === 0) {
      times[step.number] = at(times, step.number) + performance.now() - before;
      times[dispatches + step.number] = at(times, dispatches + step.number) + 1;
    }
    return on;
  };

  /** @param {Loop} loop @param {number} iteration @param {number} dispatches @returns {boolean} */
  const iterate = ({ count, reverse, counter, swaps, body }, iteration, dispatches) => {
    counters[(at(table, counter) - cells) / 4] = reverse ? count - 1 - iteration : iteration;
    for (const step of body) if (!run(step, dispatches)) return false;
    for (const [a, b] of swaps) {
      const address = at(table, a);
      table[a] = at(table, b);
      table[b] = address;
    }
    return true;
  };

  /** @param {Dispatch | Loop} step @param {number} dispatches @returns {boolean} */
  const run = (step, dispatches) => {
    if (step.kind === "dispatch") return dispatch(step, dispatches);
    for (let i = 0; i < step.count; i++) if (!iterate(step, i, dispatches)) return false;
    return true;
  };

  /** @param {number} end The buffer of a memory that another thread has grown, at least up to `end`. */
  const buffer = (end) => {
    if (memory.buffer.byteLength < end) memory.grow(0);
    return memory.buffer;
  };

  /** @param {Command} command */
  return ({ steps, from, to, first, table: address, times: timesAddress }) => {
    const program = programs[steps];
    const { dispatches } = program;
    if (first) {
      table.set(new Uint32Array(buffer(address + 4 * table.length), address, table.length));
      definition.counters.forEach((slot, i) => {
        table[slot] = cells + 64 * i;
      });
    }
    const cellWords = 16 * definition.counters.length;
    counters = new Int32Array(buffer(cells + 4 * cellWords), cells, cellWords);
    times =
      timesAddress === 0
        ? undefined
        : new Float64Array(buffer(timesAddress + 16 * dispatches), timesAddress, 2 * dispatches);
    let start = 0;
    for (const step of program.steps) {
      if (start >= to) return;
      const end = start + (step.kind === "loop" ? step.count : 1);
      for (let unit = Math.max(start, from); unit < Math.min(end, to); unit++) {
        const on = step.kind === "dispatch" ? dispatch(step, dispatches) : iterate(step, unit - start, dispatches);
        if (!on) return;
      }
      start = end;
    }
  };
};
