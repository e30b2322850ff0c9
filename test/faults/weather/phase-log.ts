import type { SkyName } from '../proxy/weather.ts';
import type { Claim, Judged } from './ledger.ts';

/** What was measured under one sky, over all of its phases. */
export interface SkyFigures {
  readonly phases: number;
  readonly seconds: number;
  /** Share of one core that the executor used, 0 to 1: of the phase with the most, and of all together. */
  readonly cpuMost: number;
  readonly cpu: number;
  /** Oldest thing that the view lacked, and the age that was claimed at most, in milliseconds. */
  readonly trueMsMost: number;
  readonly claimedMsMost: number;
}

export interface WeatherFigures {
  readonly skies: Readonly<Partial<Record<SkyName, SkyFigures>>>;
  /** From the end of bad weather to the first claim of at most `recoveredMs`, per phase that was long enough to see it. */
  readonly recoveryMs: readonly { readonly after: SkyName; readonly ms: number }[];
  /** Claims in calm weather, after the recovery. */
  readonly calmClaimsMs: readonly number[];
}

/** A view that is this young is as young as it gets: probes come every 5 s. */
export const recoveredMs = 6_000;

/** Collects what is measured while the weather changes. */
export interface PhaseLog {
  /** A phase begins; `cpuMs` is what the executor has used so far. */
  begin(name: SkyName, now: number, cpuMs: number): void;
  claim(claim: Claim, judged: Judged): void;
  end(now: number, cpuMs: number): WeatherFigures;
}

export function createPhaseLog(): PhaseLog {
  const skies: Partial<Record<SkyName, { -readonly [K in keyof SkyFigures]: SkyFigures[K] }>> = {};
  const recoveryMs: { after: SkyName; ms: number }[] = [];
  const calmClaimsMs: number[] = [];
  let phase: { name: SkyName; at: number; cpuMs: number } | undefined;
  let recovering: { readonly after: SkyName; readonly since: number } | undefined;

  const figuresOf = (name: SkyName) => {
    const zero = { phases: 0, seconds: 0, cpuMost: 0, cpu: 0, trueMsMost: 0, claimedMsMost: 0 };
    const figures = skies[name] ?? zero;
    skies[name] = figures;
    return figures;
  };
  const finish = (now: number, cpuMs: number): void => {
    if (phase === undefined) return;
    const figures = figuresOf(phase.name);
    const share = (cpuMs - phase.cpuMs) / Math.max(1, now - phase.at);
    const seconds = (now - phase.at) / 1_000;
    figures.cpu = (figures.cpu * figures.seconds + share * seconds) / (figures.seconds + seconds);
    figures.cpuMost = Math.max(figures.cpuMost, share);
    figures.phases += 1;
    figures.seconds += seconds;
  };

  return {
    begin(name, now, cpuMs) {
      finish(now, cpuMs);
      recovering = name === 'calm' && phase !== undefined ? { after: phase.name, since: now } : undefined;
      phase = { name, at: now, cpuMs };
    },
    claim({ time, ageMs }, { trueMs }) {
      if (phase === undefined) return;
      const figures = figuresOf(phase.name);
      figures.trueMsMost = Math.max(figures.trueMsMost, trueMs);
      if (Number.isFinite(ageMs)) figures.claimedMsMost = Math.max(figures.claimedMsMost, ageMs);
      if (phase.name !== 'calm') return;
      if (recovering === undefined) {
        // Before the first proof nothing is claimed.
        if (Number.isFinite(ageMs)) calmClaimsMs.push(ageMs);
      } else if (ageMs <= recoveredMs) {
        recoveryMs.push({ after: recovering.after, ms: time - recovering.since });
        recovering = undefined;
      }
    },
    end(now, cpuMs) {
      finish(now, cpuMs);
      phase = undefined;
      return { skies, recoveryMs, calmClaimsMs };
    },
  };
}
