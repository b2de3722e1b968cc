import { expect, it } from "vitest";
import { baseOps, expand } from "../../../dsl/scalar/base.ts";
import { input, nodesOf } from "../../../dsl/scalar/expression.ts";
import * as scalar from "../../../dsl/scalar/index.ts";
import { typesOf } from "./samples.ts";

const records = Object.values(scalar).map(({ record }) => record);

it("lists the records marked as base", () => {
  const marked = records.filter(({ expansion }) => expansion === "base").map(({ name }) => name);
  expect(marked.sort()).toEqual([...baseOps].sort());
});

it("leaves base operations alone after expansion, none of them fma", () => {
  const base = new Set<string>(baseOps);
  for (const record of records) {
    for (const types of typesOf(record)) {
      const call = record.of(...types.map((type, i) => input(i, type)));
      for (const node of nodesOf(expand(call))) {
        if (node.kind !== "call") continue;
        expect(base, `${record.name} of ${types}`).toContain(node.fn.name);
        if (record.name !== "fma") expect(node.fn.name).not.toBe("fma");
      }
      expect(expand(call).type).toBe(call.type);
    }
  }
});

it("shares what an expression shares", () => {
  const shared = scalar.exp.of(input(0));
  const once = nodesOf(expand(shared)).length;
  expect(nodesOf(expand(scalar.add.of(shared, shared)))).toHaveLength(once + 1);
});
