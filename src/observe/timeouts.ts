import type { Observation } from '../job/observation.ts';
import type { StepStore } from '../job/ports.ts';
import { jobSeen, podSeen } from '../job/project.ts';
import { damagedStop, stopPatch } from '../job/stop.ts';
import { createTurns } from '../lib/turns.ts';
import type { Registry } from '../step/registry.ts';
import type { EpochMs, Step } from '../step/step.ts';
import type { Deadline, Verdict } from '../step/verdict.ts';
import { createDueTimes } from './due-times.ts';
import { refresh } from './refresh.ts';
import { createSingleFlight } from './single-flight.ts';
import { tenantOf } from './tenant-of.ts';

export interface TimeoutsDeps {
  readonly registry: Registry<Observation>;
  readonly store: StepStore;
  readonly now: () => EpochMs;
  readonly signal: AbortSignal;
  /** Written into the annotation: which executor ended the step. */
  readonly identity: string;
  readonly onError: (error: unknown, what: string) => void;
}

const sentences: Record<Deadline['cause'], (seconds: number, waiting?: string) => string> = {
  QueueTimeout: (s) => `No node was found within ${s} s.`,
  StartTimeout: (s) => `The agent's process did not start within ${s} s of finding a node.`,
  RunTimeout: (s) => `The agent ran for more than ${s} s.`,
  WaitingTooLong: (s, waiting) => `The step was given up after ${s} s of ${waiting}.`,
};

/**
 * Ends steps whose queue, start or run time is over, or that have waited too long for one thing, by the same patch as a cancel, with the
 * cause in it, once consistent reads have shown that it is. One timer per step that has a deadline. Returns what the registry calls with
 * each verdict.
 */
export function createTimeouts(deps: TimeoutsDeps): (verdict: Verdict, step: Step) => void {
  const { registry, store, now, signal } = deps;
  const flights = createSingleFlight({
    signal,
    turns: createTurns({ signal }),
    ownerOf: tenantOf(registry),
    onError: (error, uid) => deps.onError(error, `ending Job ${uid} at its timeout`),
  });

  const overdue = (uid: string) => {
    const verdict = registry.verdict(uid);
    const deadline = verdict?.deadline;
    return deadline === undefined || deadline.time > now() ? undefined : { verdict, deadline };
  };

  const stop = async (uid: string): Promise<'done' | 'again'> => {
    const believed = overdue(uid)?.verdict;
    if (believed === undefined) return 'done';
    // The views may be behind, or not even listed yet: nobody is ended for what was merely not seen. The Job is read behind the pods: it
    // is decided before a pod that has ended goes.
    for (const pod of await store.listPods(believed.job.namespace, uid, signal)) registry.apply(podSeen(pod));
    if (overdue(uid) !== undefined) await refresh(deps, believed);
    const { verdict, deadline } = overdue(uid) ?? {};
    if (verdict === undefined || deadline === undefined) return 'done';
    const { cause, seconds } = deadline;
    const reason = sentences[cause](seconds, verdict.waiting?.reason);
    const waiting = verdict.waiting && { reason: verdict.waiting.reason, message: verdict.waiting.message };
    const write = async (damaged: string | null): Promise<boolean> => {
      const stop = { cause, reason, requestedBy: deps.identity, time: now(), ...(waiting && { waiting }) };
      const patch = stopPatch({ ...verdict, uid }, stop, damaged);
      const after = await store.patchJob(verdict.job.namespace, verdict.job.name, patch, signal, 'cancel');
      if (after !== 'refused') registry.apply(jobSeen(after));
      return after !== 'refused';
    };
    if (await write(null)) return 'done';
    // Usually another was faster; or somebody has damaged the stop.
    const there = await refresh(deps, verdict);
    const damaged = there === undefined ? null : damagedStop(there);
    return damaged !== null && (await write(damaged)) ? 'done' : 'again';
  };

  const dueTimes = createDueTimes({
    now,
    signal,
    onDue: (uid) => flights.run(uid, () => stop(uid)),
  });

  return ({ job: { uid }, deadline }) => dueTimes.set(uid, deadline?.time);
}
