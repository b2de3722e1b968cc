/** `adm inspect`: what it says of checkpoints, and of files that are none. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { writeSafetensors } from "../../../../dsl/index.ts";
import { registerInspect } from "../../../../examples/guided-diffusion/cli/inspect.ts";
import { fillParameters } from "../../../../examples/guided-diffusion/networks/fill.ts";
import { presets } from "../../../../examples/guided-diffusion/networks/presets.ts";
import { adm } from "../../../support/adm.ts";

const tiny = fileURLToPath(new URL("../../../goldens/tiny.pt", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "adm-inspect-"));
afterAll(() => rmSync(folder, { recursive: true }));

const lines = (text: string): string[] => text.trimEnd().split("\n");

test("lists keys, dtypes and shapes, and counts parameters", async () => {
  const { code, out } = await adm(registerInspect, "inspect", tiny);
  expect(code).toBe(0);
  expect(out).toMatch(/^time_embed\.0\.weight +f32\[128, 32\]\n/);
  expect(out).toContain("71 tensors, 185,222 parameters, 0.74 MB\ndtypes: f32 × 71\n");
  expect(out).toContain("fits: no preset; it is a UNet, class-conditional with 3 classes, 3 channels in, 6 out");
});

test("names the preset that a checkpoint fits, and says that the order of attention is unknown", async () => {
  const file = join(folder, "digits.safetensors");
  writeFileSync(file, writeSafetensors(fillParameters(presets.mnist.config)));
  const { code, out } = await adm(registerInspect, "inspect", file, "--no-keys");
  expect(code).toBe(0);
  expect(lines(out)).toHaveLength(4);
  expect(out).toContain("fits: the network of mnist, fashion\n");
  expect(out).toContain("the order of attention cannot be read");
});

test("says what a saved run was made with, and which network it trains", async () => {
  const file = join(folder, "training.safetensors");
  const params = fillParameters(presets.mnist.config);
  const about = { config: JSON.stringify(presets.mnist.config), step: "20" };
  const under = (part: string) => Object.entries(params).map(([key, value]) => [`${part}/${key}`, value]);
  writeFileSync(file, writeSafetensors(Object.fromEntries([...under("params"), ...under("mean")]), about));
  const { code, out } = await adm(registerInspect, "inspect", file, "--no_keys");
  expect(code).toBe(0);
  expect(out).toContain(`says config: ${about.config}\nsays step: 20\nfits: the network of mnist, fashion\n`);
});

test("says what differs from a preset that is named", async () => {
  const { code, out } = await adm(registerInspect, "inspect", tiny, "--no_keys", "--preset", "64");
  expect(code).toBe(0);
  expect(out).toContain("against the network of 64:");
  expect(out).toMatch(/label_emb\.weight is \[3, 128\], and the network has \[1000, 768\]|and \d+ more/);
});

test("says of tensors that are no network what they lack", async () => {
  const { code, out } = await adm(registerInspect, "inspect", tiny.replace(".pt", ".safetensors"), "--no_keys");
  expect(code).toBe(0);
  expect(lines(out).at(-1)).toBe("fits: no network of this kind; it has no time_embed.0.weight");
});

test("ends with 2 and a line for what is no checkpoint", async () => {
  const text = join(folder, "text.pt");
  writeFileSync(text, "<!doctype html><html>a page, not a checkpoint</html>");
  const cases: readonly (readonly [argv: readonly string[], message: string])[] = [
    [[text], `${text}: this is no .pt, .safetensors or .npz; it begins with "<!doctype html><"`],
    [[join(folder, "none.pt")], `${join(folder, "none.pt")}: there is no such file or folder`],
    [[tiny, "--preset", "65"], "--preset 65: there is no such preset; they are 64, 128, 256"],
    [[], "error: missing required argument 'file'"],
  ];
  for (const [argv, message] of cases) {
    const { code, err } = await adm(registerInspect, "inspect", ...argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(lines(err).length).toBeLessThanOrEqual(2);
  }
});
