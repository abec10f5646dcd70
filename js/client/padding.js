// @ts-check
/**
 * Sizes of a sealed file (SPEC 6.7): what is padded, what that comes to as
 * ciphertext. Both ends compute them from the true size, so that nothing the
 * relay says about a length has to be believed.
 */

/** Bytes of plaintext in every chunk but the last. */
export const CHUNK = 65536;
/** What sealing adds to a chunk. */
export const OVERHEAD = 16;
/** Bytes of ciphertext in every uploaded part but the last. */
export const PART = 1024 * 1024;
const FLOOR = 256;

/**
 * Padmé with a floor of 256: at most 12 % more.
 * @param {number} size  whole, 0 to 2^53 − 1
 */
export function paddedSize(size) {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError("expected a whole number of bytes");
  if (size <= FLOOR) return FLOOR;
  // Bit lengths, not logarithms: those are rounded near powers of two.
  const exponent = size.toString(2).length - 1;
  const kept = exponent.toString(2).length;
  const unit = 2 ** (exponent - kept);
  return Math.ceil(size / unit) * unit;
}

/** @param {number} size the true one */
export function sealedSize(size) {
  const padded = paddedSize(size);
  return padded + OVERHEAD * Math.ceil(padded / CHUNK);
}
