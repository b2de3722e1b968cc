/** What `npm start` does, on a small network; and that the commands it ends with run as they stand. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { bytesSource } from "../../../../dsl/bytes.ts";
import { writeSafetensors } from "../../../../dsl/index.ts";
import { nextCommands } from "../../../../examples/guided-diffusion/cli/next-commands.ts";
import { registerSample } from "../../../../examples/guided-diffusion/cli/sample.ts";
import { start } from "../../../../examples/guided-diffusion/cli/start.ts";
import { decodeImage } from "../../../../examples/guided-diffusion/images/decode.ts";
import { fillParameters } from "../../../../examples/guided-diffusion/networks/fill.ts";
import { classifierConfig } from "../../../../examples/guided-diffusion/networks/flags.ts";
import { adm } from "../../../support/adm.ts";

const tiny = fileURLToPath(new URL("../../../goldens/tiny.pt", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "adm-start-"));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const guideFlags = {
  classifier_width: 32,
  classifier_depth: 1,
  classifier_channel_mult: "1",
  classifier_attention_resolutions: "",
  classifier_head_channels: 16,
};
const shown = {
  ...{ image_size: 8, num_channels: 32, num_res_blocks: 1, channel_mult: "1", attention_resolutions: "" },
  ...{ num_head_channels: 16, class_cond: true, num_classes: 3, learn_sigma: true, diffusion_steps: 100 },
  ...guideFlags,
  ...{ model_path: tiny, classifier_path: at("guide.safetensors"), timestep_respacing: "4", classifier_scale: 5 },
  each: 2,
};
beforeAll(() => {
  const config = classifierConfig({ image_size: 8, ...guideFlags, num_classes: 3 });
  writeFileSync(at("guide.safetensors"), writeSafetensors(fillParameters(config)));
});

/** Runs it, with what it prints on standard output. */
const run = async (out: string, onError: (text: string) => void = () => undefined): Promise<string> => {
  let printed = "";
  const spies = [
    vi.spyOn(console, "log").mockImplementation((text) => {
      printed += `${text}\n`;
    }),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      onError(String(text));
      return true;
    }),
  ];
  try {
    await start({ seed: 3, out, device: "direct" }, shown);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return printed;
};

test("writes two sheets, says where they are, and what to try next", async () => {
  const out = at("new/folder");
  const printed = await run(out);
  expect(readdirSync(out).sort()).toEqual(["samples.png", "trajectory.png"]);
  for (const name of ["samples.png", "trajectory.png"]) {
    expect(printed).toContain(join(out, name));
    const image = await decodeImage(bytesSource(readFileSync(join(out, name)), name));
    expect(Math.min(...image.shape.slice(0, 2))).toBeGreaterThan(100);
    expect(new Set(image.data).size).toBeGreaterThan(100);
  }
  for (const { command } of nextCommands("mnist")) expect(printed).toContain(command);
}, 60_000);

test("a folder that cannot be written is refused before anything is computed", async () => {
  writeFileSync(at("file"), "");
  await expect(run(at("file"))).rejects.toThrow(/^--out .*samples\.png: .*file is no folder/);
});

test("Ctrl-C leaves no files", async () => {
  const stopped = run(at("stopped"), (text) => void (text.startsWith("step") && process.emit("SIGINT")));
  await expect(stopped).rejects.toThrow("interrupted");
  expect(readdirSync(folder)).not.toContain("stopped");
  expect(process.listenerCount("SIGINT")).toBe(0);
}, 60_000);

test.each(nextCommands("mnist").map(({ command }) => command))(
  "%s",
  async (command) => {
    const [program, flags = ""] = command.split(" sample ");
    expect(program).toBe("npm run adm --");
    const short = ["--num_samples", "1", "--device", "direct", "--out", at("next.png")];
    const steps = command.includes("use_ddim") ? "ddim2" : "2";
    const { code, err, out } = await adm(
      registerSample,
      "sample",
      ...flags.split(" "),
      ...short,
      "--timestep_respacing",
      steps,
    );
    expect([code, out], err).toEqual([0, `${at("next.png")}\n`]);
  },
  60_000,
);
