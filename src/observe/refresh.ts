import type { JobView, Observation } from '../job/observation.ts';
import type { StepStore } from '../job/ports.ts';
import { jobSeen } from '../job/project.ts';
import type { PatchOperation } from '../job/stop.ts';
import type { Registry } from '../step/registry.ts';
import type { Verdict } from '../step/verdict.ts';

export interface ChangeDeps extends RefreshDeps {
  readonly store: Pick<StepStore, 'getJob' | 'patchJob'>;
}

export interface RefreshDeps {
  readonly registry: Registry<Observation>;
  readonly store: Pick<StepStore, 'getJob'>;
  readonly signal: AbortSignal;
}

/** Shows the registry what the Job is now; undefined when it is gone. */
export async function refresh(deps: RefreshDeps, { job }: Verdict): Promise<JobView | undefined> {
  const object = await deps.store.getJob(job.namespace, job.name, deps.signal);
  const seen = object && jobSeen(object);
  const there = seen?.job.uid === job.uid ? seen : undefined;
  deps.registry.apply(there ?? { kind: 'job-gone', jobUid: job.uid });
  return there?.job;
}

/** Changes the Job, and shows the registry what it is then, also where it refuses that or is gone: false. */
export async function change(
  deps: ChangeDeps,
  verdict: Verdict,
  patch: readonly PatchOperation[],
  priority: 'cancel' | 'complete' | 'record',
): Promise<boolean> {
  const { namespace, name } = verdict.job;
  const after = await deps.store.patchJob(namespace, name, patch, deps.signal, priority);
  if (after === 'refused') await refresh(deps, verdict);
  else deps.registry.apply(jobSeen(after));
  return after !== 'refused';
}
