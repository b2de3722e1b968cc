/**
 * The kernels of a region whose root combines many elements into one: a reduction, or a sum of products whose operands are
 * no plain reads. Loops over what is combined run in the order of memory; the lanes of a vector are neighbours in memory,
 * whether they are combined or apart. Where few results are made of many elements, these are parted by shape alone, and
 * partial results combined in a second kernel: so results are the same for any number of threads.
 */

import type { BaseOp } from "../../dsl/scalar/base.ts";
import type { ScalarFunction } from "../../dsl/scalar/function.ts";
import { sizeOf } from "../../dsl/shape.ts";
import type { Atom, Variable } from "../ir/program.ts";
import { type Emitter, emitter } from "../kernel/emit.ts";
import {
  addIndices,
  coefficientOf,
  flattenIndex,
  type Index,
  type IndexAtom,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  scaleIndex,
  substituteIndex,
} from "../kernel/index-expression.ts";
import type { Buffer, Kernel, Value } from "../kernel/kernel.ts";
import { constantValue, laneOf, load, operation, splat, typeOf } from "../kernel/values.ts";
import { accessesOf } from "./accesses.ts";
import { bufferList, type Context } from "./context.ts";
import { mergeAxes, placesAt, tile } from "./domain.ts";
import { domainStrides, orderByStride } from "./elementwise-kernel.ts";
import type { Node } from "./graph.ts";
import { addressOf } from "./location.ts";
import { reader, scalarOf } from "./reader.ts";
import type { Region } from "./regions.ts";
import { roundToHalf } from "./round-half.ts";
import { storeLanes } from "./store.ts";

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

/** Divisors by which the addresses take an axis apart: ⌊i / k⌋ and i mod k are two loops. */
const divisorsOf = (indices: readonly Index[], variable: IndexVariable): number[] => {
  const found = new Set<number>();
  const visit = (atom: IndexAtom): void => {
    if (atom.kind === "variable") return;
    const [only] = atom.of.terms;
    if (atom.of.terms.length === 1 && only?.atom === variable && only.coefficient === 1 && atom.of.constant === 0)
      found.add(atom.by);
    for (const term of atom.of.terms) visit(term.atom);
  };
  for (const index of indices) for (const { atom } of index.terms) visit(atom);
  return [...found].filter((by) => variable.size % by === 0 && by > 1 && by < variable.size).sort((a, b) => a - b);
};

interface SumLoops {
  /** Loops over what is combined, the outermost first. */
  readonly axes: readonly IndexVariable[];
  /** Places along the axes of the reduction for places along the loops. */
  readonly placesOf: (loops: readonly Index[]) => Index[];
}

/** The greatest divisor of n that is at most `most`. */
const divisorUpTo = (n: number, most: number): number => {
  for (let d = Math.min(n, most); d > 1; d--) if (n % d === 0) return d;
  return 1;
};

export const reductionKernels = (region: Region, reduction: Reduction, context: Context): readonly Kernel[] => {
  const { services, definition, isStored, locate } = context;
  const { output, start, combine, element } = reduction;
  const scalar = scalarOf(output.type.dtype);
  const inside = (variable: Variable): Node | undefined => (isStored(variable) ? undefined : definition(variable));
  const after = (variable: Variable): Node | undefined =>
    variable === output ? undefined : region.computes.has(variable) ? definition(variable) : inside(variable);

  // Addresses of what is combined, in variables of the result's axes and of the sums.
  const resultVariables = region.domain.map((size, axis) => indexVariable(`i${axis}`, size));
  const sumVariables = reduction.sums.map((size, i) => indexVariable(`k${i}`, size));
  let largest = -1;
  let main: Index = indexOf(0);
  const addressesFor = (sums: readonly Index[]): Index[] => {
    const addresses: Index[] = [];
    largest = -1;
    accessesOf(reduction.reads(resultVariables.map(indexOf), sums), inside, (from, places) => {
      const address = addressOf(locate(from), places);
      addresses.push(address);
      const size = sizeOf(from.type.shape);
      if (size > largest) {
        largest = size;
        main = address;
      }
    });
    return addresses;
  };

  // An axis that the addresses take apart is parted into loops.
  const first = addressesFor(sumVariables.map(indexOf));
  const parts = sumVariables.map((variable) => {
    const cuts = [1, ...divisorsOf(first, variable), variable.size];
    const nested = cuts.every((cut, i) => i === 0 || cut % (cuts[i - 1] as number) === 0) ? cuts : [1, variable.size];
    return nested.slice(1).map((to, i) => {
      const from = nested[i] as number;
      return { step: from, variable: indexVariable(`${variable.name}${nested.length > 2 ? `_${i}` : ""}`, to / from) };
    });
  });
  const partedPlaces = (of: (variable: IndexVariable) => Index): Index[] =>
    parts.map((own) => addIndices(...own.map(({ step, variable }) => scaleIndex(of(variable), step))));
  const addresses = addressesFor(partedPlaces(indexOf));
  const mainAddress = main;
  const partVariables = parts.flat().map(({ variable }) => variable);
  const sumOrder = orderByStride(domainStrides(mainAddress, partVariables));
  const mergedSums = mergeAxes(partVariables, sumOrder, addresses);
  const sums: SumLoops = {
    axes: mergedSums.axes,
    placesOf: (loops) => {
      const at = placesAt(mergedSums, loops);
      return partedPlaces((variable) => at[partVariables.indexOf(variable)] as Index);
    },
  };

  // Result axes in the order of the memory that is read, for what is combined; then of what is stored.
  const memberAddresses: Index[] = [];
  accessesOf(
    region.members.map(({ variable, placesOf }) => [variable, placesOf(resultVariables.map(indexOf))]),
    after,
    (from, places) => {
      if (from !== output) memberAddresses.push(addressOf(locate(from), places));
    },
  );
  for (const { variable, placesOf } of region.members)
    memberAddresses.push(addressOf(locate(variable), placesOf(resultVariables.map(indexOf))));
  const resultOrder = orderByStride(domainStrides(mainAddress, resultVariables));
  const merged = mergeAxes(resultVariables, resultOrder, [...addresses, ...memberAddresses]);
  const results = sizeOf(region.domain);
  const elements = sizeOf(reduction.sums);

  const lastSum = sums.axes.at(-1);
  const lastResult = merged.axes.at(-1);
  const stepOf = (axis: IndexVariable | undefined, of: (at: Index) => Index): number | undefined =>
    axis && coefficientOf(of(indexOf(axis)), axis);
  const sumStep = stepOf(lastSum, (at) =>
    substituteIndex(mainAddress, (variable) => {
      const place = partVariables.indexOf(variable);
      if (place < 0) return undefined;
      const loops = mergedSums.axes.map((axis) => (axis === lastSum ? at : indexOf(0)));
      return placesAt(mergedSums, loops)[place];
    }),
  );
  const alongSums = lastSum !== undefined && sumStep === 1 && lastSum.size >= 4;
  const alongResults = !alongSums && lastResult !== undefined && lastResult.size % 4 === 0;

  // Few results of many elements: the outermost loop is parted into grid points.
  const [outermost] = sums.axes;
  const isSplit = outermost !== undefined && results < services.device.parallelism && results * elements >= 1 << 15;
  const chunks = isSplit
    ? divisorUpTo(outermost.size, Math.max(1, Math.ceil((2 * services.device.parallelism) / results)))
    : 1;

  const combineValues = (a: Value, b: Value): Value => operation(combine.name as BaseOp, a, b);
  const empty = (lanes: 1 | 4): Value => constantValue(start, typeOf(scalar, lanes));

  /** Combines all elements for one place of the result, `from` being the chunk of the outermost loop. */
  const accumulate = (
    emit: Emitter,
    result: readonly Index[],
    lane: IndexVariable | undefined,
    use: (buffer: Buffer) => void,
    chunk: Index | undefined,
  ): Value => {
    const sumLane = alongSums ? indexVariable("lane", 4) : undefined;
    const lanes = lane !== undefined || alongSums ? 4 : 1;
    const one = (loops: readonly Index[], own: IndexVariable | undefined): Value => {
      const read = reader({ emit, nodeOf: inside, locate, use, lane: own });
      return element(
        emit,
        reduction.reads(result, sums.placesOf(loops)).map(([atom, places]) => read(atom, places)),
      );
    };
    // A sum for each loop keeps long sums exact: errors grow with the longest loop, not with their product.
    const level = (depth: number, loops: readonly Index[], width: 1 | 4): Value => {
      const axis = sums.axes[depth];
      const total = emit.variable(depth === 0 ? "total" : "part", empty(width));
      const add = (value: Value): void => emit.assign(total, combineValues(total, width === 4 ? splat(value) : value));
      if (axis === undefined) {
        add(one(loops, lane));
        return total;
      }
      const size = depth === 0 && chunk !== undefined ? axis.size / chunks : axis.size;
      const isLast = depth === sums.axes.length - 1;
      const at = (index: Index): Index =>
        depth === 0 && chunk !== undefined ? addIndices(scaleIndex(chunk, size), index) : index;
      if (!isLast) {
        emit.loop(axis.name, size, (index) => add(level(depth + 1, [...loops, at(index)], width)));
        return total;
      }
      if (sumLane === undefined) {
        emit.loop(axis.name, size, (index) => add(one([...loops, at(index)], lane)));
        return total;
      }
      const vectors = Math.floor(size / 4);
      emit.loop(axis.name, vectors, (index) =>
        add(one([...loops, at(addIndices(scaleIndex(index, 4), indexOf(sumLane)))], sumLane)),
      );
      const tail = size - vectors * 4;
      if (tail === 0) return total;
      // What is left is combined into the first lane of a vector of its own.
      const rest = emit.variable("rest", empty(1));
      emit.loop(axis.name, tail, (index) =>
        emit.assign(rest, combineValues(rest, one([...loops, at(offsetIndex(index, vectors * 4))], undefined))),
      );
      const [zero, value] = [empty(1), rest as Value];
      emit.assign(
        total,
        combineValues(total, {
          kind: "vector",
          type: typeOf(scalar, 4),
          values: [value, zero, zero, zero],
        }),
      );
      return total;
    };
    const total = level(0, [], lanes);
    if (!alongSums) return total;
    const pair = (a: 0 | 1 | 2 | 3, b: 0 | 1 | 2 | 3): Value => combineValues(laneOf(total, a), laneOf(total, b));
    return emit.name("total", combineValues(pair(0, 2), pair(1, 3)));
  };

  /** Stores the members at one place of the result. */
  const finish = (
    emit: Emitter,
    total: Value,
    result: readonly Index[],
    lane: IndexVariable | undefined,
    use: (buffer: Buffer) => void,
  ): void => {
    const value = output.type.dtype === "f16" ? roundToHalf(emit, total) : emit.name(output.name ?? "total", total);
    const read = reader({
      emit,
      nodeOf: after,
      locate,
      use,
      lane,
      given: new Map([[output, value]]),
    });
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
    bytes: 4 * (Math.max(0, largest) + results * region.members.length),
  };
  const name = output.name ?? region.members[0]?.variable.name ?? "reduce";
  const perPoint = Math.max(1, Math.ceil(services.device.elements / Math.max(1, elements)));
  const tiling = tile(merged.axes, Math.max(perPoint, alongResults ? 4 : 1), alongResults);

  if (chunks === 1) {
    const emit = emitter();
    const buffers = bufferList();
    tiling.loops(emit, (places, lane) => {
      const result = placesAt(merged, places);
      finish(emit, accumulate(emit, result, lane, buffers.use, undefined), result, lane, buffers.use);
    });
    return [
      { name, buffers: buffers.list(), grid: tiling.grid, body: emit.statements, cost, notes: context.notes(region) },
    ];
  }

  services.log(`${name}: ${results} results of ${elements} elements each, combined in ${chunks} parts`);
  const partial = services.temporary(`${name}_parts`, chunks * results, scalar);
  const placeIn = (chunk: Index, result: readonly Index[]): Index =>
    addIndices(scaleIndex(chunk, results), flattenIndex(result, region.domain));
  const chunk = indexVariable("part", chunks);
  const firstEmit = emitter();
  const firstBuffers = bufferList();
  tiling.loops(firstEmit, (places, lane) => {
    const result = placesAt(merged, places);
    const total = accumulate(firstEmit, result, lane, firstBuffers.use, indexOf(chunk));
    firstBuffers.use(partial);
    storeLanes(firstEmit, partial, placeIn(indexOf(chunk), result), lane === undefined ? total : splat(total), lane);
  });
  const secondEmit = emitter();
  const secondBuffers = bufferList();
  const secondTiling = tile(merged.axes, services.device.elements / 8, false);
  secondTiling.loops(secondEmit, (places) => {
    const result = placesAt(merged, places);
    const total = secondEmit.variable("total", empty(1));
    secondBuffers.use(partial);
    secondEmit.loop("part", chunks, (part) =>
      secondEmit.assign(total, combineValues(total, load(partial, placeIn(part, result)))),
    );
    finish(secondEmit, total, result, undefined, secondBuffers.use);
  });
  return [
    {
      name: `${name}_parts`,
      buffers: firstBuffers.list(),
      grid: [chunk, ...tiling.grid],
      body: firstEmit.statements,
      cost,
      notes: context.notes(region),
    },
    {
      name,
      buffers: secondBuffers.list(),
      grid: secondTiling.grid,
      body: secondEmit.statements,
      cost: { flops: results * chunks, bytes: 4 * results * (chunks + region.members.length) },
      notes: context.notes(region),
    },
  ];
};
