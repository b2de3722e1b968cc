/**
 * The kernels of a region whose root combines many elements into one: a reduction, or a sum of products whose operands are
 * no plain reads. Loops over what is combined run in the order of memory; the lanes of a vector are neighbours in memory,
 * whether they are combined or apart. Where few results are made of many elements, these are parted by shape alone, and
 * partial results combined in a second kernel: so results are the same for any number of threads.
 */

import type { ScalarFunction } from "../../dsl/scalar/function.ts";
import { sizeOf } from "../../dsl/shape.ts";
import type { Atom, Variable } from "../ir/program.ts";
import { type Emitter, emitter } from "../kernel/emit.ts";
import {
  addIndices,
  flattenIndex,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  scaleIndex,
} from "../kernel/index-expression.ts";
import type { Buffer, Kernel, Value } from "../kernel/kernel.ts";
import { load, splat } from "../kernel/values.ts";
import { accessesOf } from "./accesses.ts";
import { accumulate, type Combination, type Stretch } from "./accumulate.ts";
import { bufferList, type Context } from "./context.ts";
import { mergeAxes, placesAt, tile } from "./domain.ts";
import { domainStrides, orderByStride } from "./elementwise-kernel.ts";
import { accumulateByThreads, inFirstThread, partsByThreads, rowThreads } from "./gpu-rows.ts";
import type { Node } from "./graph.ts";
import { addressOf } from "./location.ts";
import { reader, scalarOf } from "./reader.ts";
import type { Region } from "./region.ts";
import { roundToHalf } from "./round-half.ts";
import { storeLanes } from "./store.ts";
import { sumLoops } from "./sum-loops.ts";

/** What is combined: elements at places of the result's axes and of the axes that are combined. */
export interface Reduction {
  readonly output: Variable;
  /** Sizes of the axes that are combined. */
  readonly sums: readonly number[];
  readonly start: number;
  readonly combine: ScalarFunction;
  /** What one element is made of, for places of the result and of the sums. */
  readonly reads: (result: readonly Index[], sums: readonly Index[]) => readonly (readonly [Atom, readonly Index[]])[];
  readonly element: (emit: Emitter, values: readonly Value[]) => Value;
}

/** The reduction of a root that is one. */
export const reductionOf = ({ lowering, operands, output }: Node): Reduction => {
  const [x] = operands as [Atom];
  if (lowering.kind !== "reduce") throw new Error(`internal: ${lowering.kind} is no reduction`);
  const { axes, start, combine } = lowering;
  return {
    output,
    sums: axes.map((axis) => x.type.shape[axis] as number),
    start,
    combine,
    reads: (result, sums) => [
      [
        x,
        result.map((place, axis) => {
          const at = axes.indexOf(axis);
          return at < 0 ? place : (sums[at] as Index);
        }),
      ],
    ],
    element: (_, [value]) => value as Value,
  };
};

/** The greatest divisor of n that is at most `most`. */
const divisorUpTo = (n: number, most: number): number => {
  for (let d = Math.min(n, most); d > 1; d--) if (n % d === 0) return d;
  return 1;
};

export const reductionKernels = (region: Region, reduction: Reduction, context: Context): readonly Kernel[] => {
  const { services, definition, isStored, locate } = context;
  const { output, start, combine, element } = reduction;
  const scalar = scalarOf(output.type.dtype);
  const combination: Combination = { combine, start, scalar };
  const inside = (variable: Variable): Node | undefined => (isStored(variable) ? undefined : definition(variable));
  const after = (variable: Variable): Node | undefined =>
    variable === output ? undefined : region.computes.has(variable) ? definition(variable) : inside(variable);

  const resultVariables = region.domain.map((size, axis) => indexVariable(`i${axis}`, size));
  const domain = resultVariables.map(indexOf);
  let largest = 0;
  const sums = sumLoops(reduction.sums, (at) => {
    const all: Index[] = [];
    let main = indexOf(0);
    largest = 0;
    accessesOf(reduction.reads(domain, at), inside, (from, places) => {
      const address = addressOf(locate(from), places);
      all.push(address);
      const size = sizeOf(from.type.shape);
      if (size > largest) [largest, main] = [size, address];
    });
    return { all, main };
  });

  // Result axes in the order of the memory that is read, for what is combined; then of what is stored.
  const memberAddresses: Index[] = [];
  accessesOf(
    region.members.map(({ variable, placesOf }) => [variable, placesOf(domain)]),
    after,
    (from, places) => {
      if (from !== output) memberAddresses.push(addressOf(locate(from), places));
    },
    (condition) => {
      if (condition.kind === "range") memberAddresses.push(condition.index);
    },
  );
  for (const { variable, placesOf } of region.members)
    memberAddresses.push(addressOf(locate(variable), placesOf(domain)));
  const resultOrder = orderByStride(domainStrides(sums.addresses.main, resultVariables));
  const merged = mergeAxes(resultVariables, resultOrder, [...sums.addresses.all, ...memberAddresses]);
  const results = sizeOf(region.domain);
  const elements = sizeOf(reduction.sums);
  const lastResult = merged.axes.at(-1);
  const alongSums = sums.isContiguous;
  const alongResults = !alongSums && lastResult !== undefined && lastResult.size % 4 === 0;

  // Few results of many elements: the outermost loop is parted into grid points.
  const threads = rowThreads(services.device, results, elements);
  const [outermost] = sums.axes;
  const isSplit = outermost !== undefined && results < services.device.parallelism && results * elements >= 1 << 15;
  const wanted =
    threads === undefined
      ? Math.ceil((2 * services.device.parallelism) / results)
      : partsByThreads(services.device, alongResults ? results / 4 : results, threads, elements);
  const chunks = isSplit ? divisorUpTo(outermost.size, Math.max(1, wanted)) : 1;

  /** Combines all elements for one place of the result, or those of a stretch of the outermost loop. */
  const total = (
    emit: Emitter,
    result: readonly Index[],
    lane: IndexVariable | undefined,
    use: (buffer: Buffer) => void,
    stretch?: Stretch,
  ): Value => {
    const one = (loops: readonly Index[], own: IndexVariable | undefined): Value => {
      const read = reader({ emit, nodeOf: inside, locate, use, lane: own });
      return element(
        emit,
        reduction.reads(result, sums.placesOf(loops)).map(([atom, places]) => read(atom, places)),
      );
    };
    return threads === undefined
      ? accumulate(emit, combination, sums.axes, alongSums, lane, one, stretch)
      : accumulateByThreads(emit, threads, combination, sums.axes, alongSums, lane, one, stretch);
  };

  /** Stores the members at one place of the result. */
  const finish = (
    emit: Emitter,
    combined: Value,
    result: readonly Index[],
    lane: IndexVariable | undefined,
    use: (buffer: Buffer) => void,
  ): void => {
    const value =
      output.type.dtype === "f16" ? roundToHalf(emit, combined) : emit.name(output.name ?? "total", combined);
    const read = reader({ emit, nodeOf: after, locate, use, lane, given: new Map([[output, value]]) });
    for (const { variable, placesOf } of region.members) {
      const places = placesOf(result);
      const own = read(variable, places);
      const location = locate(variable);
      use(location.buffer);
      storeLanes(emit, location.buffer, addressOf(location, places), lane === undefined ? own : splat(own), lane);
    }
  };

  const cost = {
    flops: scalar === "f32" ? results * elements : 0,
    bytes: 4 * (largest + results * region.members.length),
  };
  const name = output.name ?? region.members[0]?.variable.name ?? "reduce";
  const perPoint = threads === undefined ? Math.ceil(services.device.elements / Math.max(1, elements)) : 1;
  const tiling = tile(merged.axes, Math.max(perPoint, alongResults ? 4 : 1), alongResults);

  if (chunks === 1) {
    const emit = emitter();
    const buffers = bufferList();
    tiling.loops(emit, (places, lane) => {
      const result = placesAt(merged, places);
      const combined = total(emit, result, lane, buffers.use);
      inFirstThread(emit, threads, () => finish(emit, combined, result, lane, buffers.use));
    });
    return [
      {
        name,
        buffers: buffers.list(),
        grid: tiling.grid,
        ...(threads && { threads: threads.variable }),
        body: emit.statements,
        cost,
        notes: context.notes(region),
      },
    ];
  }

  services.log(`${name}: ${results} results of ${elements} elements each, combined in ${chunks} parts`);
  const partial = services.temporary(`${name}_parts`, chunks * results, scalar);
  const placeIn = (chunk: Index, result: readonly Index[]): Index =>
    addIndices(scaleIndex(chunk, results), flattenIndex(result, region.domain));
  const chunk = indexVariable("part", chunks);
  const size = (outermost as IndexVariable).size / chunks;
  const stretch: Stretch = { start: scaleIndex(indexOf(chunk), size), size };
  const firstEmit = emitter();
  const firstBuffers = bufferList();
  tiling.loops(firstEmit, (places, lane) => {
    const result = placesAt(merged, places);
    const combined = total(firstEmit, result, lane, firstBuffers.use, stretch);
    firstBuffers.use(partial);
    const value = lane === undefined ? combined : splat(combined);
    inFirstThread(firstEmit, threads, () =>
      storeLanes(firstEmit, partial, placeIn(indexOf(chunk), result), value, lane),
    );
  });
  const secondEmit = emitter();
  const secondBuffers = bufferList();
  const secondThreads = rowThreads(services.device, results, chunks);
  const secondTiling = tile(merged.axes, secondThreads === undefined ? services.device.elements / 8 : 1, false);
  secondTiling.loops(secondEmit, (places) => {
    const result = placesAt(merged, places);
    const parts = [indexVariable("part", chunks)];
    secondBuffers.use(partial);
    const one = ([part]: readonly Index[]): Value => load(partial, placeIn(part as Index, result));
    const combined =
      secondThreads === undefined
        ? accumulate(secondEmit, combination, parts, false, undefined, one)
        : accumulateByThreads(secondEmit, secondThreads, combination, parts, false, undefined, one);
    inFirstThread(secondEmit, secondThreads, () => finish(secondEmit, combined, result, undefined, secondBuffers.use));
  });
  return [
    {
      name: `${name}_parts`,
      buffers: firstBuffers.list(),
      grid: [chunk, ...tiling.grid],
      ...(threads && { threads: threads.variable }),
      body: firstEmit.statements,
      cost,
      notes: context.notes(region),
    },
    {
      name,
      buffers: secondBuffers.list(),
      grid: secondTiling.grid,
      ...(secondThreads && { threads: secondThreads.variable }),
      body: secondEmit.statements,
      cost: { flops: results * chunks, bytes: 4 * results * (chunks + region.members.length) },
      notes: context.notes(region),
    },
  ];
};
