/** PyTorch, eagerly, where python3 has it: it runs the graph that ONNX Runtime is given, with its own best operations. */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Attribute, Graph, Initializer } from "../onnx/graph.ts";
import { rowGraph } from "../onnx/row.ts";
import type { Row } from "../rows.ts";
import type { OpenSide } from "../side.ts";

interface TorchNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

const plain = (value: Attribute): unknown =>
  typeof value === "object" && "float" in value
    ? value.float
    : typeof value === "object" && "text" in value
      ? value.text
      : value;

/** What PyTorch has one operation for, and ONNX several. */
const special = (row: Row, graph: Graph): readonly TorchNode[] | undefined => {
  const [a = "", b = "", c = ""] = graph.inputs.map(({ name }) => name);
  const node = (op: string, inputs: readonly string[], attributes = {}): TorchNode => ({
    op,
    inputs,
    output: "out",
    attributes,
  });
  if (row.entry === "selfAttention") return [node("Attention", [a, b, c])];
  if (row.entry === "weightGradient")
    return [node("WeightGradient", [a, b], { shape: graph.outputs[0]?.shape, padding: 1 })];
  return undefined;
};

/** x · sigmoid(x) is one operation here. */
const withSilu = (nodes: readonly TorchNode[]): readonly TorchNode[] => {
  const sigmoids = new Map(nodes.flatMap((node) => (node.op === "Sigmoid" ? [[node.output, node] as const] : [])));
  const uses = new Map<string, number>();
  for (const name of nodes.flatMap(({ inputs }) => inputs)) uses.set(name, (uses.get(name) ?? 0) + 1);
  const gone = new Set<string>();
  const replaced = nodes.map((node) => {
    const [x, gate = ""] = node.inputs;
    if (node.op !== "Mul" || sigmoids.get(gate)?.inputs[0] !== x) return node;
    if (uses.get(gate) === 1) gone.add(gate);
    return { ...node, op: "Silu", inputs: [x as string] };
  });
  return replaced.filter(({ output }) => !gone.has(output));
};

export interface TorchGraph {
  readonly values: Readonly<Record<string, Initializer>>;
  readonly nodes: readonly TorchNode[];
  readonly output: string | undefined;
}

/** A row as PyTorch runs it. */
export const torchGraph = (row: Row): TorchGraph => {
  const { graph, feeds } = rowGraph(row, true);
  const own = special(row, graph);
  const nodes = withSilu(
    graph.nodes.map(({ attributes, ...node }) => ({
      ...node,
      attributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, plain(value)])),
    })),
  );
  const output = own ? "out" : graph.outputs[0]?.name;
  return { values: { ...graph.initializers, ...feeds }, nodes: own ?? nodes, output };
};

export const openTorch: OpenSide = async (row, { device, threads }) => {
  if (device !== "wasm") return undefined;
  const { values: initial, nodes, output } = torchGraph(row);
  const folder = mkdtempSync(join(tmpdir(), "typegrad-bench-"));
  const chunks: Uint8Array[] = [];
  let offset = 0;
  const place = ({ dtype, shape, data }: Initializer) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    // Elements of eight bytes want a multiple of eight.
    const padding = new Uint8Array((8 - (bytes.length % 8)) % 8);
    chunks.push(bytes, padding);
    const entry = { dtype, shape, offset, bytes: bytes.length };
    offset += bytes.length + padding.length;
    return entry;
  };
  const values = Object.fromEntries(Object.entries(initial).map(([name, value]) => [name, place(value)]));
  writeFileSync(join(folder, "graph.json"), JSON.stringify({ values, nodes, output }));
  writeFileSync(join(folder, "data.bin"), Buffer.concat(chunks));

  const script = fileURLToPath(new URL("torch_graph.py", import.meta.url));
  const child = spawn("python3", [script, folder, String(threads)], { stdio: ["pipe", "pipe", "pipe"] });
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  let errors = "";
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const lines = createInterface(child.stdout);
  const ask = (what: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const onClose = (): void => reject(new Error(errors.trim().split("\n").at(-1) ?? "python3 ended"));
      child.once("close", onClose);
      lines.once("line", () => {
        child.off("close", onClose);
        resolve();
      });
      child.stdin.write(`${what}\n`);
    });
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  return {
    run: () => ask("run"),
    output: async () => {
      await ask("output");
      const bytes = readFileSync(join(folder, "output.bin"));
      return new Float32Array(new Uint8Array(bytes).buffer);
    },
  };
};
