import type { Observation } from '../job/observation.ts';
import { choosePatch, openPatch } from '../job/one-start.ts';
import type { StepStore } from '../job/ports.ts';
import { podSeen } from '../job/project.ts';
import { createTurns } from '../lib/turns.ts';
import type { Registry } from '../step/registry.ts';
import type { Verdict } from '../step/verdict.ts';
import type { StartWish } from '../step/wishes.ts';
import { change } from './refresh.ts';
import { createSingleFlight } from './single-flight.ts';
import { tenantOf } from './tenant-of.ts';

export interface StartOnceDeps {
  readonly registry: Registry<Observation>;
  readonly store: StepStore;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * Lets one pod of a step start that starts at most once: writes onto the Job which one, the first writer winning for good, and takes the
 * gate from that pod when the Job has come back with it. Each write says what it expects, so it does not matter how many replicas try, or
 * where one of them was killed. Returns what the registry calls with each verdict.
 */
export function createStartOnce(deps: StartOnceDeps): (verdict: Verdict) => void {
  const { registry, store, signal } = deps;
  const flights = createSingleFlight({
    signal,
    turns: createTurns({ signal }),
    ownerOf: tenantOf(registry),
    onError: (error, uid) => deps.onError(error, `starting the one pod of Job ${uid}`),
  });

  const open = async ({ job }: Verdict, wish: Extract<StartWish, { kind: 'open' }>): Promise<void> => {
    const { namespace, name } = wish.pod;
    const after = await store.patchPod(namespace, name, openPatch(wish), signal, 'complete');
    // Another replica was faster, or the gates have changed, or the pod is gone, of which its view will tell.
    const seen = after === 'refused' ? await store.listPods(namespace, job.uid, signal) : [after];
    for (const pod of seen) registry.apply(podSeen(pod));
  };

  const attempt = async (uid: string, once: { patient: boolean }): Promise<'done' | 'again'> => {
    const verdict = registry.verdict(uid);
    const wish = verdict?.start;
    if (verdict === undefined || wish === undefined) return 'done';
    // Who has chosen opens at once; whoever was slower gives it a moment.
    const first =
      wish.kind === 'choose'
        ? await change(deps, verdict, choosePatch(uid, wish), 'complete')
        : !once.patient;
    once.patient = false;
    if (!first) return 'again';
    const now = registry.verdict(uid);
    if (now?.start?.kind === 'open') await open(now, now.start);
    return registry.verdict(uid)?.start === undefined ? 'done' : 'again';
  };

  return (verdict) => {
    if (verdict.start === undefined) return;
    const once = { patient: true };
    flights.run(verdict.job.uid, () => attempt(verdict.job.uid, once));
  };
}
