import type { Observation } from '../job/observation.ts';
import type { StepStore } from '../job/ports.ts';
import { podSeen } from '../job/project.ts';
import { endJobOnce } from '../job/stop.ts';
import { createTurns } from '../lib/turns.ts';
import { ExecutorError } from '../step/errors.ts';
import type { Registry } from '../step/registry.ts';
import type { EpochMs } from '../step/step.ts';
import type { Verdict } from '../step/verdict.ts';
import { createDueTimes } from './due-times.ts';
import { change } from './refresh.ts';
import { createSingleFlight } from './single-flight.ts';
import { tenantOf } from './tenant-of.ts';

export interface StopsDeps {
  readonly registry: Registry<Observation>;
  readonly store: Pick<StepStore, 'deletePod' | 'getJob' | 'patchJob'>;
  readonly now: () => EpochMs;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown, what: string) => void;
}

const isForbidden = (error: unknown): boolean =>
  error instanceof ExecutorError && error.reason === 'KUBERNETES_FORBIDDEN';

/**
 * Carries out the stops that stand on Jobs, as far as the Job's controller does not. What is to be done is computed from the Job and its
 * pods alone, so it holds after a restart and at every replica, and doing it twice changes nothing. Returns what the registry calls with
 * each verdict.
 */
export function createStops(deps: StopsDeps): (verdict: Verdict) => void {
  const { registry, store, now, signal } = deps;
  const flights = createSingleFlight({
    signal,
    turns: createTurns({ signal }),
    ownerOf: tenantOf(registry),
    onError: (error, uid) => deps.onError(error, `stopping what runs of Job ${uid}`),
  });

  const next = async (uid: string): Promise<'done' | 'again'> => {
    const verdict = registry.verdict(uid);
    const wish = verdict?.stopWish;
    if (verdict === undefined || wish === undefined || wish.time > now()) return 'done';
    const endJob = () => change(deps, verdict, endJobOnce(uid), 'cancel');
    if (wish.kind === 'job') await endJob();
    else {
      try {
        const left = await store.deletePod(wish.pod, wish.graceSeconds, signal, wish.version);
        if (left !== undefined) registry.apply(podSeen(left));
      } catch (error) {
        // An executor without the right to delete pods stops steps all the same, and less well.
        if (!wish.beforeJob || !isForbidden(error)) throw error;
        deps.onError(error, `telling a pod of Job ${uid} to stop before its Job; the Job tells it now`);
        await endJob();
      }
    }
    return 'done';
  };
  const dueTimes = createDueTimes({
    now,
    signal,
    onDue: (uid) => flights.run(uid, () => next(uid)),
  });

  return ({ job: { uid }, stopWish }) => dueTimes.set(uid, stopWish?.time);
}
