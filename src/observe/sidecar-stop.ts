import type { Observation } from '../job/observation.ts';
import type { StepStore } from '../job/ports.ts';
import { endJobOnce } from '../job/stop.ts';
import { createTurns } from '../lib/turns.ts';
import type { Registry } from '../step/registry.ts';
import type { EpochMs, Step } from '../step/step.ts';
import type { Verdict } from '../step/verdict.ts';
import { createDueTimes } from './due-times.ts';
import { change } from './refresh.ts';
import { createSingleFlight } from './single-flight.ts';
import { tenantOf } from './tenant-of.ts';

export interface SidecarStopDeps {
  readonly registry: Registry<Observation>;
  readonly store: StepStore;
  readonly now: () => EpochMs;
  readonly signal: AbortSignal;
  /** How long another container may keep the pod alive after the end of the agent. */
  readonly graceMs: number;
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * Stops the pod of a step whose agent has ended and whose other containers go on: they would hold its resources for ever. Another pod
 * that Kubernetes makes behind the end has no grace at all. The end is recorded by then, so nothing of it changes. Returns what the
 * registry calls with each verdict.
 */
export function createSidecarStop(deps: SidecarStopDeps): (verdict: Verdict, step: Step) => void {
  const { registry, now, signal } = deps;
  const flights = createSingleFlight({
    signal,
    turns: createTurns({ signal }),
    ownerOf: tenantOf(registry),
    onError: (error, uid) => deps.onError(error, `stopping what is left of Job ${uid}`),
  });

  const stop = async (uid: string): Promise<'done' | 'again'> => {
    const verdict = registry.verdict(uid);
    if (verdict?.lingering === undefined) return 'done';
    await change(deps, verdict, endJobOnce(uid), 'cancel');
    return 'done';
  };
  const dueTimes = createDueTimes({
    now,
    signal,
    onDue: (uid) => flights.run(uid, () => stop(uid)),
  });

  return ({ job: { uid }, lingering }) =>
    dueTimes.set(uid, lingering && lingering.since + (lingering.pod ? 0 : deps.graceMs));
}
