/** The rate of this machine: 4-wide multiplications and additions, each an instruction, as plain WASM SIMD has them. */

import wabt from "wabt";

/** Chains that do not wait for one another: enough of them to hide how long each takes. */
const chains = 12;

const text = (): string => {
  const names = Array.from({ length: chains }, (_, i) => `$a${i}`);
  const step = (name: string): string =>
    `(local.set ${name} (f32x4.add (f32x4.mul (local.get ${name}) (local.get $m)) (local.get $b)))`;
  const sum = names.reduce((total, name) => `(f32x4.add ${total} (local.get ${name}))`, "(local.get $b)");
  return `(module (func (export "run") (param $n i32) (result f32)
    (local $m v128) (local $b v128) ${names.map((name) => `(local ${name} v128)`).join(" ")}
    (local.set $m (f32x4.splat (f32.const 0.5))) (local.set $b (f32x4.splat (f32.const 1)))
    (loop $again ${names.map(step).join(" ")}
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (f32x4.extract_lane 0 ${sum})))`;
};

/** GFLOP/s of one thread, the best of a few tries. */
export const peakOfThread = async (): Promise<number> => {
  const { parseWat } = await wabt();
  const { buffer } = parseWat("peak.wat", text()).toBinary({});
  const { instance } = await WebAssembly.instantiate(buffer as Uint8Array<ArrayBuffer>);
  const run = instance.exports.run as (steps: number) => number;
  const steps = 1_000_000;
  const rates = Array.from({ length: 20 }, () => {
    const start = performance.now();
    run(steps);
    return (steps * chains * 8) / (performance.now() - start) / 1e6;
  });
  return Math.max(...rates);
};
