/**
 * Lowering: programs become kernels, and steps that run them on buffers.
 *
 * Each stored tensor gets a buffer, each region its kernels. What schedules derive from weights alone becomes a step of loading;
 * what they derive from values that do not change in a loop is made before it.
 */

import { sizeOf, stridesOf } from "../../dsl/shape.ts";
import { type Atom, type Constant, originText, type Variable } from "../ir/program.ts";
import { addIndices, type IndexVariable, indexOf, indexVariable, scaleIndex } from "../kernel/index-expression.ts";
import type { Buffer, Kernel, Storage } from "../kernel/kernel.ts";
import { loadInstead } from "../kernel/load-instead.ts";
import { type Computed, computedBy } from "./computed.ts";
import type { Context } from "./context.ts";
import type { ContractionOperand, ContractionSchedule, ScheduleServices } from "./contraction.ts";
import { bindCounters, countersOf, usesCounter } from "./counters.ts";
import type { DeviceClass } from "./device-class.ts";
import { elementwiseKernel } from "./elementwise-kernel.ts";
import type { Loop, Node } from "./graph.ts";
import { type Order, ordersOf, rowMajorOrder } from "./layout.ts";
import { type Location, storageOf, stridesInOrder } from "./location.ts";
import { sameElements } from "./own-results.ts";
import { type Region, storedMembers } from "./region.ts";
import type { Parted, RegionGraph } from "./region-graph.ts";
import { notesOf, regionKernels, sourceOf } from "./region-kernels.ts";
import type { Lowered, LoweredStep, Purpose } from "./steps.ts";
import { type Choice, cheapestWay, type SmallerForms } from "./weight-forms.ts";

export interface LowerOptions {
  readonly device: DeviceClass;
  readonly schedule: ContractionSchedule;
  /** Forms that frozen weights take in place of those that would be fastest: by the names that `choices` had. */
  readonly smaller?: SmallerForms;
}

/** Where steps are written: those of loading, of the call, or of the body of a loop. */
interface Sink {
  readonly steps: LoweredStep[];
  /** The steps that the loop stands in whose body these are. */
  readonly around?: Sink;
  /** Steps of the loops around, as index variables, with the buffers that hold them. */
  readonly counters: ReadonlyMap<IndexVariable, Buffer>;
}

export const lowerGraphs = (
  { load, call }: Parted<RegionGraph>,
  { device, schedule, smaller }: LowerOptions,
): Lowered => {
  const purposes = new Map<Buffer, Purpose>();
  const log: string[] = [];
  const locations = new Map<Variable, Location>();
  const constants = new Map<unknown, Buffer>();
  /** The sink in which a buffer is made. */
  const madeIn = new Map<Buffer, Sink>();
  const derived = new Map<string, Buffer>();
  /** Weights that calls read as they are, by the copies that are kept for calls: what is derived of them reads the weights. */
  const copied = new Map<Buffer, Buffer>();
  const numberOf = numbering();
  /** Apart from those above, which depend on what is chosen. */
  const weightsNumber = numbering();
  const choices: Choice[] = [];

  const makeBuffer = (name: string, size: number, storage: Storage, purpose: Purpose, sink: Sink): Buffer => {
    const access =
      purpose.kind === "argument" || purpose.kind === "bound" || purpose.kind === "constant" ? "read" : "readwrite";
    const buffer: Buffer = { name, storage, space: "global", access, size };
    purposes.set(buffer, purpose);
    madeIn.set(buffer, sink);
    return buffer;
  };
  const values = new Map<Buffer, Variable>();
  const prepared = new Map<Buffer, Buffer>();
  const place = (variable: Variable, order: Order, purpose: Purpose, sink: Sink): Location => {
    const { type, name } = variable;
    const buffer = makeBuffer(name ?? "x", sizeOf(type.shape), storageOf(type.dtype), purpose, sink);
    values.set(buffer, variable);
    return { buffer, strides: stridesInOrder(type.shape, order), offset: indexOf(0) };
  };

  const loading: Sink = { steps: [], counters: new Map() };
  const calling: Sink = { steps: [], counters: new Map() };

  const locateConstant = (constant: Constant): Location => {
    const { shape, dtype } = constant.type;
    const { data } = constant.value;
    // Constants of several shapes may share their elements.
    let buffer = constants.get(data);
    if (buffer === undefined) {
      buffer = makeBuffer("constant", sizeOf(shape), storageOf(dtype), { kind: "constant", value: constant }, calling);
      constants.set(data, buffer);
    }
    return { buffer, strides: stridesOf(shape), offset: indexOf(0) };
  };
  const locate = (from: Variable | Constant): Location => {
    if (from.kind === "constant") return locateConstant(from);
    const location = locations.get(from);
    if (location === undefined) throw new Error(`internal: ${from.name ?? "a value"} has no place in memory`);
    return location;
  };

  const write = (sink: Sink, kernel: Kernel, source: string, computes?: Computed): void => {
    if (kernel.grid.some(({ size }) => size === 0)) return;
    const bound = bindCounters(kernel, sink.counters);
    sink.steps.push({ kind: "dispatch", kernel: bound, source, ...(computes && { computes }) });
  };

  const isKept = (buffer: Buffer): boolean => {
    const { kind } = purposes.get(buffer) as Purpose;
    return kind === "kept" || kind === "bound";
  };

  const isFrozenIn =
    ({ counters }: Sink) =>
    ({ buffer, index }: ContractionOperand): boolean =>
      isKept(buffer) && !usesCounter(index, counters);

  const servicesFor = (sink: Sink, source: string): ScheduleServices => ({
    device,
    isFrozen: isFrozenIn(sink),
    choose: ({ weights: operand, key, ways, bytePrice }) => {
      const weights = `${weightsNumber(operand.buffer)} ${key}`;
      const form = smaller?.get(weights);
      const taken = ways.find((way) => way.form === form) ?? cheapestWay(ways, bytePrice);
      if (isFrozenIn(sink)(operand)) choices.push({ weights, ways, taken });
      return taken;
    },
    log: (line) => void log.push(line),
    temporary: (name, size, storage = "f32") => makeBuffer(name, size, storage, { kind: "temporary" }, sink),
    derive: ({ key, name, size, source: from, build }) => {
      const whole = `${numberOf(from)} ${key}`;
      const known = derived.get(whole);
      if (known !== undefined && canSee(sink, madeIn.get(known) as Sink)) return known;
      const frozen = isKept(from);
      const origin = frozen ? loading : (madeIn.get(from) as Sink);
      const buffer: Buffer = { name, storage: "f32", space: "global", access: "readwrite", size };
      const built = build(buffer);
      // What reads the step of a loop, as an item of it does, is made in that loop.
      const weights = copied.get(from);
      const kernel = weights === undefined ? built : readingFrom(built, from, weights);
      const target = canSee(sink, origin) && [...countersOf(kernel, sink.counters)].length === 0 ? origin : sink;
      purposes.set(buffer, { kind: target === loading ? "kept" : "temporary" });
      madeIn.set(buffer, target);
      prepared.set(buffer, from);
      write(target, kernel, source);
      derived.set(whole, buffer);
      return buffer;
    },
  });
  /** Whether what is made in `maker` is there, and stays as it is, while the steps of `sink` run. */
  const canSee = (sink: Sink, maker: Sink): boolean =>
    maker === sink || maker === loading || (sink.around !== undefined && canSee(sink.around, maker));

  const lowerGraph = (of: RegionGraph, sink: Sink, own: (result: Variable, i: number) => Location): void => {
    const { graph, regions } = of;
    log.push(...regions.log);
    graph.results.forEach((result, i) => void locations.set(result as Variable, own(result as Variable, i)));
    const orders = ordersOf(graph, regions, (variable) => {
      const location = locations.get(variable);
      return location && orderOfStrides(location.strides);
    });
    for (const step of regions.steps) {
      if (step.kind === "loop") {
        lowerLoop(step, of.bodyOf(step.body), sink);
        continue;
      }
      for (const { variable } of storedMembers(step)) {
        if (locations.has(variable)) continue;
        const order = orders.get(variable) ?? rowMajorOrder(variable.type.shape);
        const kind = sink === loading ? "kept" : "temporary";
        locations.set(variable, place(variable, order, { kind }, sink));
      }
      const source = sourceOf(step, regions.definition);
      const context: Context = {
        services: servicesFor(sink, source),
        definition: regions.definition,
        isStored: regions.isStored,
        locate,
        notes: () => [source, ...notesOf(step)],
      };
      if (sizeOf(step.domain) === 0) continue;
      const kernels = regionKernels(step, context, schedule);
      for (const kernel of kernels)
        write(sink, kernel, source, kernel === kernels.at(-1) ? computedBy(step, regions) : undefined);
    }
  };

  const copy = (from: Atom, to: Location, sink: Sink, source: string): void => {
    const output: Variable = {
      kind: "variable",
      type: from.type,
      name: from.kind === "variable" ? (from.name ?? "copy") : "copy",
    };
    locations.set(output, to);
    const node: Node = {
      kind: "node",
      output,
      lowering: sameElements,
      operands: [from],
      origin: { place: undefined, path: [] },
    };
    if (sizeOf(from.type.shape) === 0) return;
    const region: Region = {
      kind: "region",
      root: undefined,
      domain: from.type.shape,
      members: [{ variable: output, placesOf: (places) => [...places] }],
      computes: new Set([output]),
      stages: [],
      spread: new Set(),
    };
    const context: Context = {
      services: servicesFor(sink, source),
      definition: (variable) => (variable === output ? node : undefined),
      isStored: () => true,
      locate,
      notes: () => [source],
    };
    write(sink, elementwiseKernel(region, context), source);
  };

  const lowerLoop = ({ operation, body, operands, outputs, origin }: Loop, graph: RegionGraph, sink: Sink): void => {
    const { steps, carries, items, reverse } = operation;
    const source = originText(origin);
    const counter = makeBuffer("step", 1, "i32", { kind: "counter" }, sink);
    const step = indexVariable("step", steps);
    const inner: Sink = { steps: [], around: sink, counters: new Map([...sink.counters, [step, counter]]) };
    const swaps: [Buffer, Buffer][] = [];
    const parameters = body.parameters;
    const nexts: Location[] = [];
    for (let i = 0; i < carries; i++) {
      const parameter = parameters[i] as Variable;
      const order = rowMajorOrder(parameter.type.shape);
      const current = place(parameter, order, { kind: "temporary" }, sink);
      const next = place(parameter, order, { kind: "temporary" }, sink);
      copy(operands[i] as Atom, current, sink, source);
      locations.set(parameter, current);
      locations.set(outputs[i] as Variable, current);
      nexts.push(next);
      // Each step of the loop gives them other values.
      madeIn.set(current.buffer, inner).set(next.buffer, inner);
      if (sizeOf(parameter.type.shape) > 0) swaps.push([current.buffer, next.buffer]);
    }
    for (let i = 0; i < items; i++) {
      const { buffer, strides, offset } = locate(operands[carries + i] as Atom);
      const [along = 0, ...rest] = strides;
      locations.set(parameters[carries + i] as Variable, {
        buffer,
        strides: rest,
        offset: addIndices(offset, scaleIndex(indexOf(step), along)),
      });
    }
    locations.set(parameters[carries + items] as Variable, { buffer: counter, strides: [], offset: indexOf(0) });
    for (let i = carries + items + 1; i < parameters.length; i++)
      locations.set(parameters[i] as Variable, locate(operands[i - 1] as Atom));
    const stacks = outputs.slice(carries).map((output) => {
      const location = place(output, rowMajorOrder(output.type.shape), { kind: "temporary" }, sink);
      locations.set(output, location);
      // Its elements are made in the loop: nothing may be derived of them before it.
      madeIn.set(location.buffer, inner);
      return location;
    });
    if (steps === 0) return;
    lowerGraph(graph, inner, (_, i) => {
      if (i < carries) return nexts[i] as Location;
      const { buffer, strides, offset } = stacks[i - carries] as Location;
      return {
        buffer,
        strides: strides.slice(1),
        offset: addIndices(offset, scaleIndex(indexOf(step), strides[0] as number)),
      };
    });
    sink.steps.push({ kind: "loop", count: steps, reverse, counter, swaps, body: inner.steps });
  };

  // Loading: parameters are the bound ones, results are kept.
  const { plain: plainLoad, graph: loadGraph } = load;
  const callGraph = call.graph;
  for (const [index, parameter] of loadGraph.parameters.entries())
    locations.set(parameter, place(parameter, rowMajorOrder(parameter.type.shape), { kind: "bound", index }, loading));
  const open = callGraph.parameters.length - loadGraph.results.length;
  for (const [index, parameter] of callGraph.parameters.slice(0, open).entries())
    locations.set(
      parameter,
      place(parameter, rowMajorOrder(parameter.type.shape), { kind: "argument", index }, calling),
    );
  lowerGraph(load, loading, (result) => place(result, rowMajorOrder(result.type.shape), { kind: "kept" }, loading));
  for (const [i, result] of loadGraph.results.entries()) {
    const kept = locate(result as Variable);
    const weights = plainLoad.results[i] as Variable;
    if (plainLoad.parameters.includes(weights)) copied.set(kept.buffer, locate(weights).buffer);
    locations.set(callGraph.parameters[open + i] as Variable, kept);
  }
  lowerGraph(call, calling, (result, index) =>
    place(result, rowMajorOrder(result.type.shape), { kind: "result", index }, calling),
  );

  return {
    load: loading.steps,
    call: calling.steps,
    purposeOf: (buffer) => purposes.get(buffer) as Purpose,
    log,
    choices,
    valueOf: (buffer) => values.get(buffer),
    preparedFrom: (buffer) => prepared.get(buffer),
  };
};

/** Numbers buffers in the order in which they are first asked for. */
const numbering = (): ((buffer: Buffer) => number) => {
  const numbers = new Map<Buffer, number>();
  return (buffer) => {
    const known = numbers.get(buffer) ?? numbers.size;
    numbers.set(buffer, known);
    return known;
  };
};

const readingFrom = (kernel: Kernel, from: Buffer, to: Buffer): Kernel => ({
  ...kernel,
  buffers: kernel.buffers.map((buffer) => (buffer === from ? to : buffer)),
  body: loadInstead(kernel.body, from, to),
});

const orderOfStrides = (strides: readonly number[]): Order =>
  strides.map((_, axis) => axis).sort((a, b) => (strides[b] as number) - (strides[a] as number) || a - b);
