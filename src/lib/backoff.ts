/** The bounds of an exponential backoff, in milliseconds. */
export type BackoffBounds = { readonly baseMs: number; readonly capMs: number };

/** The ceiling that follows `previousMs`: the base at first (0), then doubled up to the cap. */
export function nextCeiling(previousMs: number, { baseMs, capMs }: BackoffBounds): number {
  return Math.min(capMs, previousMs > 0 ? previousMs * 2 : baseMs);
}

/**
 * Full jitter: anywhere between `floorMs` and `floorMs` + `ceilingMs`. The floor is what a server asked for, so it is
 * added and never undercut, and clients that were told the same time do not come back together.
 */
export function jittered(ceilingMs: number, random: () => number, floorMs = 0): number {
  return floorMs + random() * ceilingMs;
}
