// @ts-check

/**
 * What was thrown, to be told: others throw things that are no errors.
 * @param {unknown} thrown
 */
export function asError(thrown) {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
