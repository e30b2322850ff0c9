import { needsEvidence } from '../job/evidence.ts';
import type { JobView, Observation } from '../job/observation.ts';
import type { StepStore } from '../job/ports.ts';
import { jobSeen, podSeen } from '../job/project.ts';
import { damagedRecord, recordOf, recordPatch } from '../job/record.ts';
import type { Registry } from '../step/registry.ts';
import { isFinal } from '../step/state.ts';
import type { EpochMs, Step, Verdict } from '../step/step.ts';
import { createGatherer } from './gatherer.ts';
import { createSingleFlight } from './single-flight.ts';

export interface SettlerDeps {
  readonly registry: Registry<Observation>;
  readonly store: StepStore;
  readonly now: () => EpochMs;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * Brings an end from seen to told: confirms what rests on absence by one consistent read, looks for half a second at most for what a
 * failure rests on, then records it on the Job, the first writer
 * winning; the Job that comes back goes through the registry, which tells it. Returns what the registry calls with each verdict.
 */
export function createSettler(deps: SettlerDeps): (verdict: Verdict, step: Step) => void {
  const { registry, store, now, signal } = deps;
  const flights = createSingleFlight({
    signal,
    onError: (error, uid) => deps.onError(error, `recording the end of Job ${uid}`),
  });

  const gather = createGatherer(deps);

  const attempt = async (uid: string, once: { explained: boolean }): Promise<'done' | 'again'> => {
    const verdict = registry.verdict(uid);
    const step = registry.byJob(uid);
    if (verdict?.end === undefined || step === undefined || isFinal(step.state)) return 'done';
    const { job, end } = verdict;
    if (end.basis === 'absence') {
      const pods = await store.listPods(job.namespace, uid, signal);
      for (const pod of pods) registry.apply(podSeen(pod));
      registry.apply({ kind: 'no-more-pods', jobUid: uid });
      return registry.verdict(uid)?.end?.basis === 'absence' ? 'again' : attempt(uid, once);
    }
    if (end.basis !== 'proposed') return 'done';
    if (!once.explained && needsEvidence(end.state)) {
      once.explained = true;
      await gather(verdict);
      return attempt(uid, once);
    }
    const record = recordOf(step, end, now());
    const write = async (damaged: string | null): Promise<boolean> => {
      const patch = recordPatch(uid, record, { damaged, lives: verdict.lives });
      const after = await store.patchJob(job.namespace, job.name, patch, signal, 'create');
      if (after !== 'refused') registry.apply(jobSeen(after));
      return after !== 'refused';
    };
    if (await write(null)) return 'done';
    // Another replica was faster, or the Job is gone, or its record is damaged.
    const there = await refresh(deps, verdict);
    const damaged = there === undefined ? null : damagedRecord(there);
    return damaged !== null && (await write(damaged)) ? 'done' : 'again';
  };

  return (verdict) => {
    const { end, job } = verdict;
    if (end?.basis === 'proposed' || end?.basis === 'absence') {
      const once = { explained: false };
      flights.run(job.uid, () => attempt(job.uid, once));
    }
  };
}

/** Shows the registry what the Job is now; undefined when it is gone. */
export async function refresh(
  deps: Pick<SettlerDeps, 'registry' | 'store' | 'signal'>,
  { job }: Verdict,
): Promise<JobView | undefined> {
  const object = await deps.store.getJob(job.namespace, job.name, deps.signal);
  const seen = object && jobSeen(object);
  const there = seen?.job.uid === job.uid ? seen : undefined;
  deps.registry.apply(there ?? { kind: 'job-gone', jobUid: job.uid });
  return there?.job;
}
