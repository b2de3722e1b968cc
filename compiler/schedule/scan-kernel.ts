/**
 * The kernels of a scan: outᵢ = factorᵢ · outᵢ₋₁ + termᵢ along one axis.
 *
 * Each grid point goes along the axis for one place of the other axes. Where these are few and the axis is long, it is parted
 * by shape alone: a first kernel finds for each part the product of its factors and what it ends with when it starts from 0,
 * and in a second each part starts from what those before it make of the start. Results are the same for any number of threads.
 */

import { sizeOf } from "../../dsl/shape.ts";
import type { Variable } from "../ir/program.ts";
import { type Emitter, emitter } from "../kernel/emit.ts";
import {
  addIndices,
  flattenIndex,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  scaleIndex,
} from "../kernel/index-expression.ts";
import type { Buffer, Kernel, Local, Value } from "../kernel/kernel.ts";
import { constantValue, operation, splat, typeOf } from "../kernel/values.ts";
import { accessesOf } from "./accesses.ts";
import { bufferList, type Context } from "./context.ts";
import { mergeAxes, placesAt, tile } from "./domain.ts";
import { domainStrides, orderByStride } from "./elementwise-kernel.ts";
import type { Node } from "./graph.ts";
import { addressOf } from "./location.ts";
import { loadLanes, reader, scalarOf } from "./reader.ts";
import type { Region } from "./region.ts";
import { roundToHalf } from "./round-half.ts";
import { storeLanes } from "./store.ts";

/** Elements from which on it pays to part an axis. */
const leastElements = 1 << 15;

/** A place of the other axes, with 0 along the axis of the scan, and the lanes that it stands for. */
interface Row {
  readonly places: readonly Index[];
  readonly lane: IndexVariable | undefined;
}

/** Steps `from`, … of the axis: `size` of them, or `count` where that is given and less. */
interface Stretch {
  readonly from: Index;
  readonly size: number;
  readonly count?: Index;
}

export const scanKernels = (region: Region, root: Node, context: Context): readonly Kernel[] => {
  const { services, definition, isStored, locate } = context;
  const { lowering, operands, output } = root;
  if (lowering.kind !== "scan") throw new Error(`internal: ${lowering.kind} is no scan`);
  const { axis, reverse, start } = lowering;
  const length = region.domain[axis] as number;
  const rows = sizeOf(region.domain) / length;
  const type = typeOf(scalarOf(output.type.dtype));
  const isFactored = operands.length > 1;
  const inside = (variable: Variable): Node | undefined => (isStored(variable) ? undefined : definition(variable));
  const after = (variable: Variable): Node | undefined =>
    variable === output ? undefined : region.computes.has(variable) ? definition(variable) : inside(variable);

  // The other axes, in the order of the memory that is read.
  const variables = region.domain.map((size, other) => indexVariable(`i${other}`, other === axis ? 1 : size));
  const along = indexOf(indexVariable("step", length));
  const domain = variables.map((variable, other) => (other === axis ? along : indexOf(variable)));
  const addresses: Index[] = [];
  let [largest, main] = [0, indexOf(0)];
  accessesOf(
    operands.map((operand) => [operand, domain]),
    inside,
    (from, places) => {
      const address = addressOf(locate(from), places);
      addresses.push(address);
      const size = sizeOf(from.type.shape);
      if (size > largest) [largest, main] = [size, address];
    },
    (condition) => {
      if (condition.kind === "range") addresses.push(condition.index);
    },
  );
  accessesOf(
    region.members.map(({ variable, placesOf }) => [variable, placesOf(domain)]),
    after,
    (from, places) => {
      if (from !== output) addresses.push(addressOf(locate(from), places));
    },
    (condition) => {
      if (condition.kind === "range") addresses.push(condition.index);
    },
  );
  for (const { variable, placesOf } of region.members) addresses.push(addressOf(locate(variable), placesOf(domain)));
  const strides = domainStrides(main, variables);
  const merged = mergeAxes(variables, orderByStride(strides), addresses);
  // Lanes are neighbours in memory.
  const isVector = strides.some((stride, other) => stride === 1 && variables[other]?.size !== 1);
  const perPoint = Math.max(Math.ceil(services.device.elements / length), isVector ? 4 : 1);
  const tiling = tile(merged.axes, perPoint, isVector);

  const constant = (value: number, { lane }: Row): Value => constantValue(value, typeOf(type.scalar, lane ? 4 : 1));
  const spread = (value: Value, { lane }: Row): Value => (lane === undefined ? value : splat(value));

  /** Goes along a stretch, with what stands before it in `before`; `visit` is called with the places of each step. */
  const scan = (
    emit: Emitter,
    use: (buffer: Buffer) => void,
    row: Row,
    { from, size, count }: Stretch,
    before: Local,
    visit: (places: readonly Index[], factor: Value | undefined) => void,
  ): void =>
    emit.loop(
      "step",
      size,
      (step) => {
        const at = addIndices(from, step);
        const place = reverse ? offsetIndex(scaleIndex(at, -1), length - 1) : at;
        const places = row.places.map((other, i) => (i === axis ? place : other));
        const read = reader({ emit, nodeOf: inside, locate, use, lane: row.lane });
        const [term, factor] = operands.map((operand) => spread(read(operand, places), row)) as [Value, Value?];
        const carried = factor === undefined ? before : operation("mul", factor, before);
        emit.assign(before, operation("add", carried, term));
        visit(places, factor);
      },
      count,
    );

  /** Stores the members at one step. */
  const store = (emit: Emitter, use: (buffer: Buffer) => void, { lane }: Row, before: Local) => {
    return (places: readonly Index[]): void => {
      const value = output.type.dtype === "f16" ? roundToHalf(emit, before) : before;
      const read = reader({ emit, nodeOf: after, locate, use, lane, given: new Map([[output, value]]) });
      for (const { variable, placesOf } of region.members) {
        const own = placesOf(places);
        const stored = read(variable, own);
        const location = locate(variable);
        use(location.buffer);
        storeLanes(emit, location.buffer, addressOf(location, own), lane === undefined ? stored : splat(stored), lane);
      }
    };
  };

  const kernel = (
    name: string,
    parts: IndexVariable | undefined,
    bytes: number,
    body: (emit: Emitter, use: (buffer: Buffer) => void, row: Row) => void,
  ): Kernel => {
    const emit = emitter();
    const buffers = bufferList();
    tiling.loops(emit, (places, lane) => body(emit, buffers.use, { places: placesAt(merged, places), lane }));
    return {
      name,
      buffers: buffers.list(),
      grid: parts === undefined ? tiling.grid : [parts, ...tiling.grid],
      body: emit.statements,
      cost: { flops: type.scalar === "f32" ? rows * length * operands.length : 0, bytes },
      notes: context.notes(region),
    };
  };
  const name = output.name ?? region.members[0]?.variable.name ?? "scan";
  const read = 4 * rows * length * operands.length;
  const written = 4 * rows * length * region.members.length;

  // Few rows of many elements: about as many parts as each has elements.
  const isParted = rows < services.device.parallelism && rows * length >= leastElements;
  const wanted = Math.min(Math.sqrt(length), (2 * services.device.parallelism) / rows);
  const size = isParted ? Math.ceil(length / wanted) : length;
  const count = Math.ceil(length / size);
  if (count === 1)
    return [
      kernel(name, undefined, read + written, (emit, use, row) => {
        const before = emit.variable("before", constant(start, row));
        scan(emit, use, row, { from: indexOf(0), size: length }, before, store(emit, use, row, before));
      }),
    ];

  services.log(`${name}: ${rows} rows of ${length} elements each, in ${count} parts`);
  const ends = services.temporary(`${name}_ends`, (count - 1) * rows, type.scalar);
  const products = isFactored ? services.temporary(`${name}_products`, (count - 1) * rows, type.scalar) : undefined;
  const shape = region.domain.map((dim, other) => (other === axis ? 1 : dim));
  const placeIn = (part: Index, { places }: Row): Index =>
    addIndices(scaleIndex(part, rows), flattenIndex(places, shape));

  // The last part has none after it.
  const whole = indexVariable("part", count - 1);
  const first = kernel(`${name}_parts`, whole, read, (emit, use, row) => {
    const end = emit.variable("end", constant(0, row));
    const total = products && emit.variable("product", constant(1, row));
    scan(emit, use, row, { from: scaleIndex(indexOf(whole), size), size }, end, (_, factor) => {
      if (total !== undefined && factor !== undefined) emit.assign(total, operation("mul", total, factor));
    });
    const at = placeIn(indexOf(whole), row);
    const keep = (buffer: Buffer, value: Value): void => {
      use(buffer);
      storeLanes(emit, buffer, at, value, row.lane);
    };
    keep(ends, end);
    if (products !== undefined) keep(products, total as Local);
  });

  const part = indexVariable("part", count);
  const second = kernel(name, part, read + written, (emit, use, row) => {
    const before = emit.variable("before", constant(start, row));
    const load = (buffer: Buffer, earlier: Index): Value => {
      use(buffer);
      return spread(loadLanes(buffer, placeIn(earlier, row), row.lane), row);
    };
    const follow = (earlier: Index): void => {
      const carried = products === undefined ? before : operation("mul", load(products, earlier), before);
      emit.assign(before, operation("add", carried, load(ends, earlier)));
    };
    emit.loop("earlier", count - 1, follow, indexOf(part));
    const from = scaleIndex(indexOf(part), size);
    const left = count * size === length ? {} : { count: offsetIndex(scaleIndex(from, -1), length) };
    scan(emit, use, row, { from, size, ...left }, before, store(emit, use, row, before));
  });
  return [first, second];
};
