/** ADM's UNet, run directly, against the numbers of the original: `goldens/unet-a`, 16 × 16 images of 5 classes. */

import { beforeAll, describe, expect, test } from "vitest";
import { type Tensor, vjp } from "../dsl/index.ts";
import type { AnyTensor } from "../dsl/tensor.ts";
import { type Checkpoint, unet } from "./programs/unet.ts";
import { configuration, difference, elements, gradientErrors, largest, load } from "./support/unet-golden.ts";

describe("the UNet of goldens/unet-a, run directly", async () => {
  const config = configuration();
  const parameters = await load("unet-a.weights.safetensors");
  const stored = await load("unet-a.safetensors");
  const at = (name: string): AnyTensor => stored[name] as AnyTensor;
  const x: Tensor<[2, 3, 16, 16]> = at("in.x");

  test("gives the stored output within 1e-4, in less than 3 s", () => {
    const start = performance.now();
    const output = unet(config, parameters, x, at("in.t"), at("in.y"));
    const seconds = (performance.now() - start) / 1000;
    expect(output.shape).toEqual([2, 6, 16, 16]);
    expect(largest(difference(output, at("out")))).toBeLessThan(1e-4);
    expect(seconds).toBeLessThan(3);
  });

  describe("and its gradient", () => {
    let gradient: { readonly x: Tensor<[2, 3, 16, 16]>; readonly parameters: Checkpoint };
    let seconds = 0;

    beforeAll(() => {
      const start = performance.now();
      const [, pullback] = vjp((inputs: typeof gradient) =>
        unet(config, inputs.parameters, inputs.x, at("in.t"), at("in.y")),
      )({ x, parameters });
      gradient = pullback(at("in.cotangent"));
      seconds = (performance.now() - start) / 1000;
    }, 60_000);

    test("takes less than 30 s", () => {
      expect(seconds).toBeLessThan(30);
    });

    test("to x agrees within 1e-3 of its largest magnitude", () => {
      const expected = at("grad.x");
      expect(largest(difference(gradient.x, expected))).toBeLessThan(1e-3 * largest(elements(expected)));
    });

    test.each(Object.keys(parameters))("to %s agrees within 1e-3 of its largest magnitude", (key) => {
      const expected = elements(at(`grad.param.${key}`));
      const found = elements(gradient.parameters[key] as AnyTensor);
      expect(found.length).toBe(expected.length);
      const { zeros, others } = gradientErrors(parameters, key, found, expected);
      expect(zeros).toBeLessThan(1);
      expect(others).toBeLessThan(1);
    });
  });
});
