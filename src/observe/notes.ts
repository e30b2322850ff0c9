import { historyPatch } from '../job/life.ts';
import { annotation } from '../job/metadata.ts';
import type { JobView, Observation } from '../job/observation.ts';
import { observationsPatch } from '../job/observations.ts';
import type { StepStore } from '../job/ports.ts';
import { jobSeen } from '../job/project.ts';
import type { PatchOperation } from '../job/stop.ts';
import { createTurns } from '../lib/turns.ts';
import type { Registry } from '../step/registry.ts';
import { isFinal } from '../step/state.ts';
import type { Step } from '../step/step.ts';
import type { Verdict } from '../step/verdict.ts';
import { refresh } from './refresh.ts';
import { createSingleFlight } from './single-flight.ts';
import { tenantOf } from './tenant-of.ts';

export interface NotesDeps {
  readonly registry: Registry<Observation>;
  readonly store: StepStore;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * Writes onto the Job what its objects will not show for long: that a lost pod was replaced, before the next life is told; and what was
 * observed after the end. The first writer wins, and the Job that comes back goes through the registry. A life that a Job takes no record
 * of, as when others have filled its annotations, is passed over: the newest pod tells the end, and nobody waits for it for ever. Returns
 * what the registry calls with each verdict.
 */
export function createNotes(deps: NotesDeps): (verdict: Verdict, step: Step) => void {
  const { registry, store, signal } = deps;
  const flights = createSingleFlight({
    signal,
    turns: createTurns({ signal }),
    ownerOf: tenantOf(registry),
    onError: (error, uid) => deps.onError(error, `noting on Job ${uid} what became of its pods`),
  });

  /** What is to be written, as the registry sees it now. */
  const pending = (uid: string) => {
    const verdict = registry.verdict(uid);
    const step = registry.byJob(uid);
    const patch = verdict && step && noteOf(verdict, step);
    return patch && { verdict, patch };
  };

  const attempt = async (uid: string): Promise<'done' | 'again'> => {
    const note = pending(uid);
    if (note === undefined) return 'done';
    const { namespace, name } = note.verdict.job;
    let why = '';
    const after = await store.patchJob(
      namespace,
      name,
      note.patch,
      signal,
      'record',
      (words) => (why = words),
    );
    if (after !== 'refused') registry.apply(jobSeen(after));
    else if (isAsItWas(note.verdict, await refresh(deps, note.verdict))) {
      if (note.verdict.replaced !== undefined) registry.apply({ kind: 'unrecordable', jobUid: uid, why });
      return 'done';
    }
    return pending(uid) === undefined ? 'done' : 'again';
  };

  return (verdict, step) => {
    if (noteOf(verdict, step) !== undefined) flights.run(verdict.job.uid, () => attempt(verdict.job.uid));
  };
}

/** No other writer was faster: the Job refuses the note itself. */
function isAsItWas({ replaced, unnoted }: Verdict, there: JobView | undefined): boolean {
  if (there === undefined) return false;
  const { [annotation.history]: lives, [annotation.record]: end } = there.annotations;
  if (replaced !== undefined) return lives === replaced.recorded && end === replaced.end;
  return there.annotations[annotation.observations] === unnoted?.recorded;
}

function noteOf(verdict: Verdict, step: Step): readonly PatchOperation[] | undefined {
  const { job, replaced, unnoted } = verdict;
  if (replaced !== undefined) return historyPatch(job.uid, replaced, step);
  if (unnoted === undefined || !isFinal(step.state) || verdict.end?.basis === 'gone') return undefined;
  return observationsPatch(job.uid, unnoted.recorded, step.observations);
}
