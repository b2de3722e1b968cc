import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { registerTrain } from "../../../../examples/guided-diffusion/cli/train.ts";
import { withFolderLock } from "../../../../examples/guided-diffusion/training/folder-lock.ts";
import { adm } from "../../../support/adm.ts";
import { writeTrainingImages } from "../../../support/training-images.ts";

const folder = mkdtempSync(join(tmpdir(), "adm-lock-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a second run in a folder is refused while the first has it, and not afterwards", async () => {
  const images = join(folder, "images");
  await writeTrainingImages(images, 2, 8);
  const network = ["--image_size", "8", "--num_channels", "8", "--channel_mult", "1", "--norm_groups", "4"];
  const train = () =>
    adm(registerTrain, "train", ...network, "--data_dir", images, "--steps", "1", "--batch_size", "2", "--out", folder);
  const refused = await withFolderLock(folder, train);
  expect(refused).toMatchObject({
    code: 2,
    err: `${folder}: another process is training there; wait for it, or take another folder\n`,
  });
  expect(await withFolderLock(folder, async () => "mine")).toBe("mine");
});

test("a process that is killed keeps no lock", async () => {
  const lock = fileURLToPath(new URL("../../../../examples/guided-diffusion/training/folder-lock.ts", import.meta.url));
  const script = `const { withFolderLock } = await import(${JSON.stringify(lock)});
    await withFolderLock(${JSON.stringify(folder)}, async () => process.kill(process.pid, "SIGKILL"));`;
  const { signal } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script]);
  expect(signal).toBe("SIGKILL");
  expect(await withFolderLock(folder, async () => "mine")).toBe("mine");
});
