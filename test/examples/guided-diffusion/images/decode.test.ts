import { createHash } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";
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

  // Of 16 bits Pillow makes 8 in another way.
  test.each(forms.filter(([name]) => !/d16|^I16/.test(name)))("%s", async (_, { shape, sha256, file }) => {
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
    [
      "half a JPEG file",
      goldenBytes("tall.jpg").subarray(0, 5000),
      "the JPEG file is truncated or damaged: Premature end",
    ],
    ["a JPEG file without its last tenth", goldenBytes("tall.jpg").subarray(0, 10_500), "is truncated or damaged"],
    ["another chunk", altered("wide.png", (bytes) => bytes.fill(100, 19, 20)), "IHDR: CRC error"],
    ["no pixels", sized(0, 10), "the JPEG file is truncated, damaged, or of a kind that is not read: Empty JPEG image"],
    ["a bomb", sized(65535, 65535), "Maximum supported image dimension is 65500 pixels"],
    ["a smaller bomb", sized(65500, 65500), "the image is 65500 × 65500, more than the 178956970 pixels that are read"],
    ["a yet smaller one", sized(13000, 13000), "the image is 13000 × 13000, for which the file has too few bytes"],
    [
      "a kind without loss",
      altered("tall.jpg", (bytes) => bytes.fill(0xc3, frameAt(bytes) + 1, frameAt(bytes) + 2)),
      "Unsupported",
    ],
    [
      "other codes than it says",
      altered("tall.jpg", (bytes) => bytes.fill(0xc9, frameAt(bytes) + 1, frameAt(bytes) + 2)),
      "the JPEG file is truncated or damaged: Corrupt JPEG data: 10021 extraneous bytes",
    ],
  ])("%s", async (_, bytes, reason) => {
    expect(await refusal(decode(bytes))).toContain(reason);
  });

  /** `gray.png` with another size in its header. */
  const claiming = (width: number, height: number): Uint8Array =>
    altered("gray.png", (bytes, view) => {
      view.setUint32(16, width);
      view.setUint32(20, height);
      view.setUint32(29, crc32(bytes.subarray(12, 29)));
    });

  test("a PNG file that claims more than it unpacks to, or less", async () => {
    expect(await refusal(decode(claiming(0, 141)))).toContain("the PNG file is truncated, damaged");
    expect(await refusal(decode(claiming(13_000, 13_000)))).toContain("for which the file has too few bytes");
    expect(await refusal(decode(claiming(75, 142)))).toContain("Not enough image data");
    expect(await refusal(decode(claiming(75, 140)))).toContain("Too much image data");
  });
});

const chunk = (type: string, data: Uint8Array): Uint8Array => {
  const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(type), data, Buffer.alloc(4)]);
  bytes.writeUInt32BE(data.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
};

describe("what a PNG file says of its pixels besides", () => {
  const plain = ["il1c0d1", "il1c0d2", "il1c0d4", "il1c0d8", "il0c2d8", "il1c3d8", "il0c4d8", "il0c6d8"];
  const transparent = [0, 1, 77].map((value) => chunk("tRNS", Buffer.from([0, value])));
  const notes: readonly (readonly [string, readonly Uint8Array[]])[] = [
    ["the color that stands for transparency", transparent],
    ["a gamma", [100_000, 45_455].map((gamma) => chunk("gAMA", Buffer.from(Uint32Array.of(gamma).buffer).reverse()))],
    ["a rendering intent", [chunk("sRGB", Buffer.from([0]))]],
    ["a profile of colors that is none", [chunk("iCCP", Buffer.from("x\0\0y"))]],
    ["bits that count", [chunk("sBIT", Buffer.from([1]))]],
  ];

  test.each(notes)("%s changes none", async (what, chunks) => {
    for (const [name, { file }] of forms) {
      const isGray = name.includes("c0");
      if (!plain.some((kind) => name.startsWith(kind)) || (what !== "a gamma" && !isGray)) continue;
      const bytes = Buffer.from(file, "base64");
      const image = await decode(bytes);
      const at = bytes.indexOf("IHDR") + 21;
      for (const added of chunks) {
        const changed = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
        expect([name, what, firstDifference(await decode(changed), image)]).toEqual([name, what, -1]);
      }
    }
  });
});

test.each([
  ["gray", 0, 1],
  ["color", 2, 3],
  ["gray and alpha", 4, 2],
  ["color and alpha", 6, 4],
])("16 bits of %s are rounded to 8", async (_, type, channels) => {
  const values = Array.from({ length: 4096 }, (_, i) => (i * 16 + (i >> 8)) % 65536);
  const row = Buffer.alloc(1 + 2 * channels * values.length);
  for (const [x, value] of values.entries())
    for (let i = 0; i < channels; i++) row.writeUInt16BE((value + 7 * i) % 65536, 1 + 2 * (channels * x + i));
  const header = Buffer.from([...new Uint8Array(13)]);
  header.writeUInt32BE(values.length);
  header.writeUInt32BE(1, 4);
  header.set([16, type], 8);
  const signature = goldenBytes("wide.png").subarray(0, 8);
  const pieces = [chunk("IHDR", header), chunk("IDAT", deflateSync(row)), chunk("IEND", Buffer.alloc(0))];
  const { data } = await decode(Buffer.concat([signature, ...pieces]));
  const due = values.flatMap((value) =>
    [0, 1, 2].map((i) => Math.round(((value + (channels > 2 ? 7 * i : 0)) % 65536) / 257)),
  );
  expect([...data]).toEqual(due);
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
