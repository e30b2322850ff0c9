import type { WeatherFigures } from './phase-log.ts';

/** What the figures of a run may be at most. */
export interface Limits {
  /** Share of a core while the API server says nothing. */
  readonly idleCpu: number;
  /** From the end of bad weather to a young view again. */
  readonly recoveryMs: number;
  /** Claimed in calm weather, once recovered. */
  readonly calmClaimMs: number;
  /** Growth of the heap between two collections, before the load and after it, in MiB. */
  readonly heapGrowthMiB: number;
  /** In MiB. */
  readonly residentMiB: number;
}

export interface Measured extends Pick<WeatherFigures, 'skies' | 'recoveryMs' | 'calmClaimsMs'> {
  readonly heapMiB: readonly [before: number, after: number];
  readonly residentMiBMost: number;
}

/** What is wrong with the figures. */
export function judgeFigures(measured: Measured, limits: Limits): readonly string[] {
  const wrong: string[] = [];
  const limit = (what: string, value: number, most: number) => {
    if (value > most) wrong.push(`${what}: ${value.toFixed(2)}, at most ${most} is allowed`);
  };
  // The only sky under which there is nothing to do but to wait: under the others callers are answered, and come again.
  limit('CPU while silent', measured.skies.silent?.cpuMost ?? 0, limits.idleCpu);
  for (const { after, ms } of measured.recoveryMs)
    limit(`recovery after ${after} in ms`, ms, limits.recoveryMs);
  limit('claimed in calm weather in ms', Math.max(0, ...measured.calmClaimsMs), limits.calmClaimMs);
  const [before, after] = measured.heapMiB;
  limit('growth of the heap in MiB', after - before, limits.heapGrowthMiB);
  limit('resident memory in MiB', measured.residentMiBMost, limits.residentMiB);
  return wrong;
}
