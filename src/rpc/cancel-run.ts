import { annotation, readKey, runSelector } from '../job/metadata.ts';
import { namespaceOf } from '../job/names.ts';
import { jobSeen, type RawObject } from '../job/project.ts';
import type { Stop } from '../job/stop.ts';
import { createTurns } from '../lib/turns.ts';
import { ExecutorError } from '../step/errors.ts';
import { type RunId, type StepKey, stepId } from '../step/key.ts';
import { isFinal } from '../step/state.ts';
import type { Step } from '../step/step.ts';
import { type CancelOneDeps, cancelOne } from './cancel-one.ts';

/**
 * Asks for the end of every step of a run that is there, whichever replica has made it. Resolves with all of them, those that are not over
 * first. What could not be asked for is an error, and what could is stored all the same: the call is to be repeated.
 */
export async function cancelRun(
  deps: CancelOneDeps,
  run: RunId,
  stop: Stop,
  signal: AbortSignal,
): Promise<readonly Step[]> {
  const keys = await keysOf(deps, run, signal);
  const turns = createTurns({ signal });
  const asked = await Promise.allSettled(
    keys.map((key) => turns.run(() => cancelOne(deps, key, stop, signal))),
  );
  const failed = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (failed.length > 0) throw notAll(failed[0], failed.length, keys.length);
  const steps = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  return steps.sort((a, b) => Number(isFinal(a.state)) - Number(isFinal(b.state)));
}

/** The view may not have what another replica has created just now; the list has. */
async function keysOf(
  deps: CancelOneDeps,
  { tenant, runId }: RunId,
  signal: AbortSignal,
): Promise<readonly StepKey[]> {
  const known = [...deps.registry.steps()].map(({ key }) => key);
  const namespace = namespaceOf(deps.namespacePrefix, tenant);
  const keyIn = (object: RawObject) => readKey(jobSeen(object).job.annotations[annotation.key]);
  const listed = await deps.store.listJobs(namespace, runSelector(runId), keyIn, signal);
  const ofRun = [...known, ...listed].filter(
    (key): key is StepKey => key !== undefined && key.tenant === tenant && key.runId === runId,
  );
  return [...new Map(ofRun.map((key) => [stepId(key), key])).values()];
}

/** The words of the first failure, and how much is left to do. */
function notAll(first: unknown, failed: number, all: number): unknown {
  if (!(first instanceof ExecutorError)) return first;
  const message = `${failed} of the ${all} steps of the run could not be cancelled, repeat the call: ${first.message}`;
  const { code, reason, metadata, violations, retryAfterMs } = first;
  const again = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new ExecutorError({ code, reason, message, metadata, violations, cause: first, ...again });
}
