/** A sum of products as one matrix product, with the transpositions and reshapes that it needs. */

import type { ContractParams, Labels } from "../../../dsl/ops/contract.ts";
import type { Shape } from "../../../dsl/shape.ts";
import type { Builder } from "./graph.ts";

export const contractNodes = (
  { labels: [a, b], output }: ContractParams,
  [x, y]: readonly [string, string],
  shapes: readonly [Shape, Shape],
  builder: Builder,
): string => {
  const sizes = new Map([
    ...a.map((label, i) => [label, shapes[0][i]] as const),
    ...b.map((label, i) => [label, shapes[1][i]] as const),
  ]);
  const size = (labels: Labels): number => labels.reduce((product, label) => product * (sizes.get(label) as number), 1);
  const batch = output.filter((label) => a.includes(label) && b.includes(label));
  const rows = output.filter((label) => !b.includes(label));
  const columns = output.filter((label) => !a.includes(label));
  const summed = a.filter((label) => !output.includes(label));
  const arrange = (name: string, from: Labels, to: Labels): string => {
    const perm = to.map((label) => from.indexOf(label));
    return perm.every((axis, i) => axis === i) ? name : builder.node("Transpose", [name], { perm });
  };
  /** Groups of axes as one axis each; as they are where each is one already. */
  const matrix = (name: string, groups: readonly Labels[]): string =>
    groups.every((group) => group.length === 1)
      ? name
      : builder.node("Reshape", [
          name,
          builder.integers([...batch.map((label) => size([label])), ...groups.map(size)]),
        ]);
  const left = matrix(arrange(x, a, [...batch, ...rows, ...summed]), [rows, summed]);
  const right = matrix(arrange(y, b, [...batch, ...summed, ...columns]), [summed, columns]);
  const product = builder.node("MatMul", [left, right]);
  const found = [...batch, ...rows, ...columns];
  const unfolded =
    rows.length === 1 && columns.length === 1
      ? product
      : builder.node("Reshape", [product, builder.integers(found.map((label) => size([label])))]);
  return arrange(unfolded, found, output);
};
