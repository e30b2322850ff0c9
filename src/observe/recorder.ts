import { annotation } from '../job/metadata.ts';
import type { Observation } from '../job/observation.ts';
import type { StepStore } from '../job/ports.ts';
import { jobSeen } from '../job/project.ts';
import { type Beside, damagedRecord, recordPatch, type StepRecord, smallest } from '../job/record.ts';
import type { Registry } from '../step/registry.ts';
import type { ObjectRef } from '../step/step.ts';
import type { Verdict } from '../step/verdict.ts';
import { refresh } from './refresh.ts';

export interface RecorderDeps {
  readonly registry: Registry<Observation>;
  readonly store: Pick<StepStore, 'getJob' | 'patchJob'>;
  readonly signal: AbortSignal;
  /** An end is told without a record, for the first time. */
  readonly onUnrecorded: (job: ObjectRef, why: string) => void;
}

export type Recorder = (verdict: Verdict, record: StepRecord, beside?: Beside) => Promise<'done' | 'again'>;

/**
 * Writes the end of a step onto its Job, the first writer winning, and shows the registry what stands there. A Job that takes no record,
 * as when others have filled its annotations (256 KiB at most), is offered the smallest one; if it does not take that either, no retry
 * would help, and the registry is told so: an end that nobody hears of is worse than one that is not recorded.
 */
export function createRecorder(deps: RecorderDeps): Recorder {
  const { registry, store, signal } = deps;

  return async (verdict, record, beside = {}) => {
    const { uid, namespace, name } = verdict.job;
    let why = '';
    const write = async (wanted: StepRecord, damaged: string | null): Promise<boolean> => {
      const patch = recordPatch(uid, wanted, { lives: verdict.lives, ...beside, damaged });
      const after = await store.patchJob(namespace, name, patch, signal, 'record', (words) => (why = words));
      if (after !== 'refused') registry.apply(jobSeen(after));
      return after !== 'refused';
    };
    /** The text that a record may take the place of, where nothing but the record itself can have been refused. */
    const refusedItself = async (): Promise<{ damaged: string | null } | undefined> => {
      const there = await refresh(deps, verdict);
      if (there === undefined || there.annotations[annotation.history] !== verdict.lives) return undefined;
      const damaged = damagedRecord(there);
      return damaged === null && there.annotations[annotation.record] !== undefined ? undefined : { damaged };
    };

    if (await write(record, null)) return 'done';
    // Another replica was faster, or the Job is gone, or its record is damaged, or takes too much room.
    const place = await refusedItself();
    if (place === undefined) return 'again';
    if (place.damaged !== null && (await write(record, place.damaged))) return 'done';
    if (await write(smallest(record), place.damaged)) return 'done';
    if ((await refusedItself()) === undefined) return 'again';
    if (registry.verdict(uid)?.unrecordable === undefined) deps.onUnrecorded(verdict.job, why);
    registry.apply({ kind: 'unrecordable', jobUid: uid, why });
    return 'done';
  };
}
