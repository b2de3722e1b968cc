/** onnxruntime-web: its WASM backend, in Node. */

import { toProtobuf } from "../onnx/protobuf.ts";
import { rowGraph } from "../onnx/row.ts";
import type { OpenSide } from "../side.ts";

/** What is used of the library. Its own types are there only once it is installed. */
interface Library {
  readonly env: { readonly wasm: { numThreads: number; wasmPaths: string }; logLevel: string };
  readonly Tensor: new (dtype: string, data: unknown, shape: readonly number[]) => unknown;
  readonly InferenceSession: {
    readonly create: (model: Uint8Array, options: object) => Promise<Session>;
  };
}
interface Session {
  readonly run: (feeds: object) => Promise<Readonly<Record<string, { readonly data: Float32Array }>>>;
  readonly outputNames: readonly string[];
}

const folder = new URL("../../../.cache/bench/node_modules/onnxruntime-web/dist/", import.meta.url);
const dtypes: Readonly<Record<string, string>> = { f32: "float32", i32: "int32", bool: "bool", u32: "uint32" };

export const openOrt: OpenSide = async (row, { device, threads }) => {
  if (device !== "wasm") return undefined;
  const library = (await import(new URL("ort.node.min.mjs", folder).href)) as Library;
  library.env.wasm.numThreads = threads;
  library.env.wasm.wasmPaths = folder.href;
  library.env.logLevel = "error";
  const { graph, feeds } = rowGraph(row);
  const session = await library.InferenceSession.create(toProtobuf(graph), {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const tensors = Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, shape, data }]) => [
      name,
      new library.Tensor(dtypes[dtype] as string, data, shape),
    ]),
  );
  const run = () => session.run(tensors);
  return {
    run: async () => void (await run()),
    output: async () => {
      const results = await run();
      return (results[session.outputNames[0] as string] as { readonly data: Float32Array }).data;
    },
  };
};
