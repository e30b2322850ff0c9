import { needsEvidence } from '../job/evidence.ts';
import type { Observation } from '../job/observation.ts';
import type { LogStore, StepStore } from '../job/ports.ts';
import { podSeen } from '../job/project.ts';
import { recordAgain, recordOf } from '../job/record.ts';
import { createTurns } from '../lib/turns.ts';
import type { Registry } from '../step/registry.ts';
import { isFinal } from '../step/state.ts';
import type { EpochMs, ObjectRef, Step } from '../step/step.ts';
import type { Verdict } from '../step/verdict.ts';
import { createDueTimes } from './due-times.ts';
import { createGatherer } from './gatherer.ts';
import { createRecorder } from './recorder.ts';
import { createSingleFlight } from './single-flight.ts';
import { tenantOf } from './tenant-of.ts';

export interface SettlerDeps {
  readonly registry: Registry<Observation>;
  readonly store: StepStore;
  /** For the last lines of what has failed; absent where no logs can be read. */
  readonly logs?: LogStore;
  readonly now: () => EpochMs;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown, what: string) => void;
  /** An end is told without a record, for the first time. */
  readonly onUnrecorded: (job: ObjectRef, why: string) => void;
}

/**
 * Brings an end from seen to told: confirms what rests on absence by one consistent read, looks for half a second at most for what a
 * failure rests on, then records it on the Job, the first writer winning; the Job that comes back goes through the registry, which tells
 * it. However many steps end at once, few calls are under way, and the others wait for their turn. Returns what the registry calls with
 * each verdict.
 */
export function createSettler(deps: SettlerDeps): (verdict: Verdict, step: Step) => void {
  const { registry, store, now, signal } = deps;
  const flights = createSingleFlight({
    signal,
    onError: (error, uid) => deps.onError(error, `recording the end of Job ${uid}`),
  });
  const turns = createTurns({ signal });
  const ownerOf = tenantOf(registry);
  const inTurn = <T>(uid: string, work: () => Promise<T>): Promise<T> => turns.run(work, ownerOf(uid));
  const gather = createGatherer(deps);
  const write = createRecorder(deps);
  /** Steps whose end was told without a record, by the uid of their Jobs: when to try again. */
  const unrecorded = new Map<string, EpochMs>();
  const dueTimes = createDueTimes({
    now,
    signal,
    onDue(uid) {
      unrecorded.delete(uid);
      flights.run(uid, () => inTurn(uid, () => recordTold(uid)));
    },
  });

  /** The end that is still to be told, as the registry sees it now: also after a wait. */
  const untold = (uid: string) => {
    const verdict = registry.verdict(uid);
    const step = registry.byJob(uid);
    if (verdict?.end === undefined || step === undefined || isFinal(step.state)) return undefined;
    return { verdict, step, end: verdict.end };
  };

  const confirm = async (uid: string): Promise<'done' | 'again'> => {
    const found = untold(uid);
    if (found?.end.basis !== 'absence') return 'done';
    const pods = await store.listPods(found.verdict.job.namespace, uid, signal);
    for (const pod of pods) registry.apply(podSeen(pod));
    registry.apply({ kind: 'no-more-pods', jobUid: uid });
    return untold(uid)?.end.basis === 'absence' ? 'again' : 'done';
  };

  const record = async (uid: string): Promise<'done' | 'again'> => {
    const found = untold(uid);
    if (found?.end.basis !== 'proposed') return 'done';
    return write(found.verdict, recordOf(found.step, found.verdict, found.end, now()));
  };

  /** An end that was told stays what it is, also for replicas that come later and would judge by what the objects show then. */
  const recordTold = async (uid: string): Promise<'done' | 'again'> => {
    const verdict = registry.verdict(uid);
    const step = registry.byJob(uid);
    const told = step && verdict && isLost(verdict, step) ? recordAgain(step) : undefined;
    if (verdict === undefined || told === undefined) return 'done';
    // What a restore has begun anew must not run on behind an end that was told; its pod may not have been seen yet.
    return write(verdict, told, { runs: verdict.restored ?? verdict.end === undefined });
  };

  const attempt = async (uid: string, once: { explained: boolean }): Promise<'done' | 'again'> => {
    if (untold(uid)?.end.basis === 'absence' && (await inTurn(uid, () => confirm(uid))) === 'again')
      return 'again';
    const found = untold(uid);
    if (found?.end.basis !== 'proposed') return 'done';
    if (!once.explained && needsEvidence(found.end.state)) {
      once.explained = true;
      // Outside of the turns: it has a limit of its own, within which it is done or not done at all.
      await gather(found.verdict);
    }
    return inTurn(uid, () => record(uid));
  };

  return (verdict, step) => {
    const { end, job, unrecordable } = verdict;
    const lost = isLost(verdict, step);
    if (lost && unrecordable !== undefined)
      unrecorded.set(job.uid, unrecorded.get(job.uid) ?? now() + retryMs);
    else unrecorded.delete(job.uid);
    dueTimes.set(job.uid, unrecorded.get(job.uid));
    if (lost && unrecordable === undefined)
      flights.run(job.uid, () => inTurn(job.uid, () => recordTold(job.uid)));
    else if (!lost && (end?.basis === 'proposed' || end?.basis === 'absence')) {
      const once = { explained: false };
      flights.run(job.uid, () => attempt(job.uid, once));
    }
  };
}

/** Somebody may make room in a Job that takes no record. */
const retryMs = 300_000;

/** The end was told, and the Job says nothing of it any more. */
const isLost = ({ end, recordedTimeline }: Verdict, { state }: Step): boolean =>
  isFinal(state) && recordedTimeline === undefined && end?.basis !== 'gone';
