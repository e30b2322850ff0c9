import { advance } from './advance.ts';
import { type ChangeLog, createChangeLog } from './change-log.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { type StepId, type StepKey, stepId } from './key.ts';
import { nowhere, type Reach, type Versions } from './mark.ts';
import { isFinal } from './state.ts';
import type { EpochMs, Step } from './step.ts';
import type { Verdict } from './verdict.ts';

/** How observations become facts, and facts a verdict. All pure. */
export interface Interpretation<Observation, Facts> {
  /** The uid of the Job that an observation is about. */
  jobUid(observation: Observation): string;
  /** The facts with one more observation, by the executor's clock; undefined when nothing is left to know. */
  merge(facts: Facts | undefined, observation: Observation, now: EpochMs): Facts | undefined;
  /** Undefined while the Job itself was not seen. */
  classify(facts: Facts): Verdict | undefined;
  /** Where the newest objects stand, if the observation itself is one of an object; absent when it tells that something is missing. */
  versions(before: Facts | undefined, facts: Facts, observation: Observation): Versions | undefined;
}

export interface RegistryDeps<Observation, Facts> {
  readonly interpretation: Interpretation<Observation, Facts>;
  /** The executor's clock. */
  readonly now: () => EpochMs;
  /** How far the views of the cluster are. */
  readonly reach?: () => Reach;
  /** Called after each observation of a step: may start what the verdict asks for. Must not throw or wait. */
  readonly onVerdict?: (verdict: Verdict, step: Step) => void;
}

/**
 * All steps that the cluster's objects tell of. The one door for facts is `apply`; nothing else changes a step. Not persistent: a new
 * registry that is shown the same objects tells the same.
 */
export interface Registry<Observation> {
  apply(observation: Observation): void;
  get(key: StepKey): Step | undefined;
  byJob(uid: string): Step | undefined;
  /** The history of a step; stays readable for those who hold it when the registry forgets the step. */
  log(key: StepKey): EventLog | undefined;
  /** What has changed in all of them, for those who follow many. */
  readonly changes: ChangeLog;
  /** The newest verdict of a Job that is not forgotten. */
  verdict(uid: string): Verdict | undefined;
  steps(): Iterable<Step>;
  readonly size: number;
}

/** The verdict is not kept: it follows from the facts, and is an eighth of what there is of a step. */
interface Entry<Facts> {
  readonly facts: Facts;
  readonly log?: EventLog;
}

export function createRegistry<Observation, Facts>(
  deps: RegistryDeps<Observation, Facts>,
): Registry<Observation> {
  const { interpretation, now, onVerdict, reach = () => nowhere } = deps;
  const entries = new Map<string, Entry<Facts>>();
  const newest = new Map<StepId, string>();
  const changes = createChangeLog({ reach, now });

  const forget = (uid: string) => {
    const key = entries.get(uid)?.log?.current.key;
    entries.delete(uid);
    if (key !== undefined && newest.get(stepId(key)) === uid) newest.delete(stepId(key));
  };
  const logOf = (key: StepKey) => entries.get(newest.get(stepId(key)) ?? '')?.log;

  const apply = (observation: Observation): void => {
    const uid = interpretation.jobUid(observation);
    if (changes.isForgotten(uid)) return;
    const before = entries.get(uid);
    const facts = interpretation.merge(before?.facts, observation, now());
    if (facts === undefined) return forget(uid);
    const verdict = interpretation.classify(facts);
    if (verdict === undefined) {
      entries.set(uid, { facts });
      return;
    }
    let log = before?.log;
    const events = advance(log?.current, verdict, now());
    for (const event of events) {
      if (log === undefined) log = createEventLog(event);
      else log.append(event);
    }
    if (log === undefined) return;
    entries.set(uid, { facts, log });
    if (before?.log === undefined) newest.set(stepId(verdict.key), uid);
    const forgotten = verdict.end?.basis === 'gone' && isFinal(log.current.state);
    if (forgotten) forget(uid);
    if (forgotten || events.length > 0) {
      const versions = interpretation.versions(before?.facts, facts, observation);
      changes.append({ step: log.current, events, versions, forgotten });
    }
    onVerdict?.(verdict, log.current);
  };

  return {
    apply,
    get: (key) => logOf(key)?.current,
    byJob: (uid) => entries.get(uid)?.log?.current,
    log: logOf,
    changes,
    verdict(uid) {
      const facts = entries.get(uid)?.facts;
      return facts && interpretation.classify(facts);
    },
    *steps() {
      for (const { log } of entries.values()) if (log !== undefined) yield log.current;
    },
    get size() {
      return newest.size;
    },
  };
}
