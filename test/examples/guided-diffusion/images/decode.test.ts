import { createHash } from "node:crypto";
import fc from "fast-check";
import { bytesSource, FormatError } from "typegrad";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../../../examples/guided-diffusion/images/decode.ts";
import type { Image } from "../../../../examples/guided-diffusion/images/image.ts";
import { goldenBytes, refusal } from "../files/sources.ts";
import { firstDifference, goldenImage } from "./images.ts";

interface Form {
  readonly mode: string;
  readonly shape: readonly number[];
  readonly sha256: string;
  readonly file: string;
}

/** Files that Pillow wrote, or that were put together by the standard, with the digests of what Pillow reads in them. */
const forms = Object.entries(
  JSON.parse(new TextDecoder().decode(goldenBytes("image-forms.json"))) as Readonly<Record<string, Form>>,
);

const decode = (bytes: Uint8Array): Promise<Image> => decodeImage(bytesSource(bytes, "x"));

describe("images are what Pillow makes of them, to the last bit", () => {
  test.each(["wide.png", "tall.jpg", "palette.png", "gray.png", "alpha.png"])("%s", async (name) => {
    const image = await decode(goldenBytes(name));
    expect(firstDifference(image, (await goldenImage(`${name}.rgb`)) as Image)).toBe(-1);
  });

  test.each(forms)("%s", async (_, { shape, sha256, file }) => {
    const image = await decode(Buffer.from(file, "base64"));
    expect(image.shape).toEqual(shape);
    expect(createHash("sha256").update(image.data).digest("hex")).toBe(sha256);
  });
});

/** A PNG or JPEG file with numbers in other places. */
const altered = (name: string, change: (bytes: Uint8Array, view: DataView) => unknown): Uint8Array => {
  const bytes = new Uint8Array(goldenBytes(name));
  change(bytes, new DataView(bytes.buffer));
  return bytes;
};

/** Where a JPEG file has the header of its frame. */
const frameAt = (bytes: Uint8Array): number => Buffer.from(bytes).indexOf(Buffer.from([0xff, 0xc0]));

const sized = (width: number, height: number): Uint8Array =>
  altered("tall.jpg", (bytes, view) => {
    view.setUint16(frameAt(bytes) + 5, height);
    view.setUint16(frameAt(bytes) + 7, width);
  });

describe("what is no image", () => {
  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "x: the image: this is neither a PNG nor a JPEG file"],
    ["a text", new TextEncoder().encode("GIF89a"), "x: the image: this is neither a PNG nor a JPEG file"],
    ["half a PNG file", goldenBytes("wide.png").subarray(0, 5000), "x: the image: the PNG file is truncated"],
    ["half a JPEG file", goldenBytes("tall.jpg").subarray(0, 5000), "the JPEG file is truncated or damaged"],
    ["a JPEG file without its last tenth", goldenBytes("tall.jpg").subarray(0, 10_500), "is truncated or damaged"],
    [
      "another chunk",
      altered("wide.png", (bytes) => bytes.fill(1, 20, 21)),
      'the chunk "IHDR" at 8 of the PNG file has',
    ],
    ["no pixels", sized(0, 10), "the image is 0 × 10, and has no pixels"],
    ["a bomb", sized(65535, 65535), "the image is 65535 × 65535, more than the 178956970 pixels that are read"],
    ["a smaller bomb", sized(13000, 13000), "the JPEG file has 11486 bytes, too few for an image of 13000 × 13000"],
    [
      "12 bits",
      altered("tall.jpg", (bytes) => bytes.fill(12, frameAt(bytes) + 4, frameAt(bytes) + 5)),
      "has 12 bits a sample",
    ],
    [
      "arithmetic codes",
      altered("tall.jpg", (bytes) => bytes.fill(0xc9, frameAt(bytes) + 1, frameAt(bytes) + 2)),
      "of a kind (SOF9)",
    ],
  ])("%s", async (_, bytes, reason) => {
    expect(await refusal(decode(bytes))).toContain(reason);
  });

  test("a PNG file that claims more than it unpacks to", async () => {
    const { crc32 } = await import("../../../../examples/guided-diffusion/files/crc32.ts");
    const claiming = (width: number, height: number): Uint8Array =>
      altered("gray.png", (bytes, view) => {
        view.setUint32(16, width);
        view.setUint32(20, height);
        view.setUint32(29, crc32(bytes.subarray(12, 29)));
      });
    expect(await refusal(decode(claiming(13_000, 13_000)))).toContain("cannot unpack to an image of 13000 × 13000");
    expect(await refusal(decode(claiming(75, 142)))).toContain("the pixels of the PNG file unpacks to");
    expect(await refusal(decode(claiming(75, 140)))).toContain("unpacks to more than the");
  });
});

describe("damaged files", () => {
  const samples = forms.filter(([name]) => /^(j33x17q85s[12]p|cmyk|rst|il1c6d16|il0c3d4)/.test(name));

  test("there are some of each kind", () => expect(samples.length).toBe(9));

  test.each(samples)("%s, cut or changed, is read or refused", async (name, { file }) => {
    const bytes = new Uint8Array(Buffer.from(file, "base64"));
    const attempt = async (damaged: Uint8Array): Promise<boolean> => {
      try {
        await decode(damaged);
        return true;
      } catch (error) {
        if (error instanceof FormatError) return false;
        throw error;
      }
    };
    // A JPEG file may end without the two bytes that say so.
    const least = name.endsWith(".png") ? bytes.length : bytes.length - 2;
    for (let length = 0; length < least; length += 7)
      expect([length, await attempt(bytes.subarray(0, length))]).toEqual([length, false]);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        async (changes) => {
          const damaged = bytes.slice();
          for (const [place, value] of changes) damaged[place] = value;
          if (!(await attempt(damaged))) refused++;
        },
      ),
      { seed: 51, numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(10);
  });
});
