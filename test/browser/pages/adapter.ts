/** What a page finds where it runs. */

export interface Surroundings {
  readonly isolated: boolean;
  readonly sharedMemory: boolean;
  /** The name of the graphics processor; `undefined` where there is none. */
  readonly adapter: string | undefined;
  readonly relaxedSimd: boolean;
}

/** `(i32x4.relaxed_trunc_f32x4_s (v128.const 0))`, dropped. */
const relaxedModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 26, 1, 24, 0],
  ...[253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 253, 129, 2, 26, 11],
);

export const surroundings = async (): Promise<Surroundings> => {
  const adapter = await navigator.gpu?.requestAdapter();
  return {
    isolated: crossOriginIsolated,
    sharedMemory: typeof SharedArrayBuffer === "function",
    adapter: adapter ? `${adapter.info.vendor} ${adapter.info.architecture} ${adapter.info.description}` : undefined,
    relaxedSimd: WebAssembly.validate(relaxedModule),
  };
};

/** Comes back doubled: numbers go in and out as they are. */
export const doubled = (values: Float32Array): Float32Array => values.map((value) => 2 * value);
