/** `adm nll` on a small network, against the whole bound computed in one loop. */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { stack, type Tensor, tensor, toHost } from "../../../../dsl/index.ts";
import * as random from "../../../../dsl/random/index.ts";
import { registerNll } from "../../../../examples/guided-diffusion/cli/nll.ts";
import { fromBytes } from "../../../../examples/guided-diffusion/cli/samples.ts";
import {
  coefficientTable,
  descending,
  perExample,
} from "../../../../examples/guided-diffusion/diffusion/coefficients.ts";
import { bitsPerDimension } from "../../../../examples/guided-diffusion/diffusion/likelihood.ts";
import { predict } from "../../../../examples/guided-diffusion/diffusion/prediction.ts";
import { respace } from "../../../../examples/guided-diffusion/diffusion/respace.ts";
import { namedSchedule } from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import { encodePng } from "../../../../examples/guided-diffusion/images/encode.ts";
import { imageOf } from "../../../../examples/guided-diffusion/images/image.ts";
import { unet } from "../../../../examples/guided-diffusion/networks/unet.ts";
import { drawOf } from "../../../../examples/guided-diffusion/sampling/draws.ts";
import { admObjective, parameterisationOf } from "../../../../examples/guided-diffusion/training/objective.ts";
import { adm, tinyFlags } from "../../../support/adm.ts";
import { openGolden } from "../../../support/network-golden.ts";
import { readArrays } from "../../../support/npz.ts";

const goldens = fileURLToPath(new URL("../../../goldens/", import.meta.url));
const tiny = join(goldens, "tiny.pt");
const folder = mkdtempSync(join(tmpdir(), "adm-nll-"));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const nll = (...argv: readonly string[]) =>
  adm(registerNll, "nll", "--model_path", tiny, ...tinyFlags, "--timestep_respacing", "4", ...argv);

/** Three images in a folder, named so that their labels are 0, 1 and 2. */
const writeImages = async (): Promise<Uint8Array> => {
  const { arr_0: images } = await readArrays(join(goldens, "samples_5x8x8x3.npz"));
  const bytes = Uint8Array.from({ length: 3 * 192 }, (_, i) => images?.data[i] as number);
  mkdirSync(at("images/deeper"), { recursive: true });
  for (const [i, name] of ["a_1.png", "b_1.png", "deeper/c_1.png"].entries()) {
    writeFileSync(at(`images/${name}`), await encodePng(imageOf(8, 8, bytes.slice(i * 192, (i + 1) * 192))));
  }
  return bytes;
};

test("writes the terms of the bound, the last step first, and says their sum", async () => {
  const bytes = await writeImages();
  const argv = ["--data_dir", at("images"), "--device", "direct", "--batch_size", "2", "--out", at("out")];
  const { code, out, err } = await nll(...argv);
  expect(code, err).toBe(0);

  const { config, parameters } = await openGolden("tiny");
  const schedule = respace(namedSchedule("linear", 100), "4");
  const x = tensor({ dtype: "f32", shape: [3, 3, 8, 8], data: fromBytes(bytes, [3, 8, 8, 3]) } as const);
  const y = tensor([0, 1, 2], "i32");
  const noise = stack(
    descending(schedule).map((t) =>
      stack([0, 1, 2].map((i) => random.normal(random.foldIn(drawOf(0, i).steps, t), [3, 8, 8]))),
    ),
  ) as Tensor<[4, 3, 3, 8, 8]>;
  const expected = bitsPerDimension(
    (x, c) => predict(parameterisationOf(admObjective), unet(config, parameters, x, perExample(c.t, 3), y), x, c),
    x,
    coefficientTable(schedule, descending(schedule)) as never,
    noise,
  );
  const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
  const total = mean(toHost(expected.total).data as Float32Array);
  expect(out).toBe(`${total.toFixed(4)} bits a dimension, over 3 images\n`);
  const files = { bound: "vb_terms", mse: "mse_terms", xStartMse: "xstart_mse_terms" } as const;
  for (const [name, file] of Object.entries(files)) {
    const { arr_0: terms } = await readArrays(at(`out/${file}.npz`));
    expect(terms).toMatchObject({ dtype: "f32", shape: [4] });
    const all = toHost(expected[name as keyof typeof files]).data as Float32Array;
    for (let step = 0; step < 4; step++) {
      const found = terms?.data[step] as number;
      const due = mean([0, 1, 2].map((i) => all[i * 4 + step] as number));
      expect(Math.abs(found - due), `${name} ${step}`).toBeLessThan(1e-5 * Math.max(1, due));
    }
  }
}, 20_000);

test.each([
  ["a folder without images", [goldens.concat("../programs")], "there is no .png or .jpg in it"],
  ["images of another size", [tiny.replace("tiny.pt", "samples_5x8x8x3.npz"), "--image_size", "16"], "takes 16 × 16"],
  ["labels that the network has not", [join(goldens, "samples_5x8x8x3.npz")], "it has the label"],
  ["what is not there", ["none"], "none: there is no such file or folder"],
  ["a file to write to", [at("images"), "--out", at("x.npz")], "it must be a folder, for three files"],
])("refuses %s, with 2 and no file", async (_, argv, message) => {
  const before = readdirSync(folder);
  const { code, err } = await nll("--device", "direct", "--out", at("refused"), "--data_dir", ...argv);
  expect(err).toContain(message);
  expect(code).toBe(2);
  expect(readdirSync(folder)).toEqual(before);
});
