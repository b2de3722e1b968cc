/** CRC-32 as zip and PNG have it: the reflected polynomial 0xEDB88320, eight bytes at a step (Intel's "slicing by 8"). */

/** `table[256 k + b]` is what byte b has made of the remainder when k more bytes, zeros, have passed. */
const table: Uint32Array = (() => {
  const made = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
    made[byte] = remainder;
  }
  for (let i = 256; i < made.length; i++) {
    const before = made[i - 256] as number;
    made[i] = (before >>> 8) ^ (made[before & 255] as number);
  }
  return made;
})();

const at = (i: number): number => table[i] as number;

/** The checksum of bytes; `crc` is that of the bytes before them. */
export const crc32 = (bytes: Uint8Array, crc = 0): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let remainder = ~crc;
  let i = 0;
  for (; i + 8 <= bytes.length; i += 8) {
    const low = remainder ^ view.getUint32(i, true);
    const high = view.getUint32(i + 4, true);
    remainder =
      at(1792 + (low & 255)) ^
      at(1536 + ((low >>> 8) & 255)) ^
      at(1280 + ((low >>> 16) & 255)) ^
      at(1024 + (low >>> 24)) ^
      at(768 + (high & 255)) ^
      at(512 + ((high >>> 8) & 255)) ^
      at(256 + ((high >>> 16) & 255)) ^
      at(high >>> 24);
  }
  for (; i < bytes.length; i++) remainder = (remainder >>> 8) ^ at((remainder ^ (bytes[i] as number)) & 255);
  return ~remainder >>> 0;
};
