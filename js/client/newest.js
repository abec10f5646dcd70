// @ts-check

/**
 * Of what others can fill, only the newest is kept: the oldest of a map beyond so many go.
 * @param {Map<string, unknown>} map  what came last is last in it
 * @param {number} most
 */
export function keepNewest(map, most) {
  for (const key of map.keys()) {
    if (map.size <= most) break;
    map.delete(key);
  }
}
