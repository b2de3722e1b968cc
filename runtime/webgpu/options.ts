/** How a WebGPU device is asked for. Apart, since it needs no types of WebGPU. */

export interface WebgpuOptions {
  /** Where adapters come from, instead of `navigator.gpu` or, in Node, the package `webgpu`. */
  readonly gpu?: { requestAdapter(options?: object): Promise<object | null> };
  /** Takes an adapter that computes in software where there is no other. */
  readonly software?: boolean;
}
