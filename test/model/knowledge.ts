import type { JobFacts } from '../../src/job/facts.ts';
import { jobInterpretation } from '../../src/job/interpretation.ts';
import type { Observation } from '../../src/job/observation.ts';
import { choosePatch } from '../../src/job/one-start.ts';
import { recordPatch } from '../../src/job/record.ts';
import type { EventLog, LoggedEvent } from '../../src/step/event-log.ts';
import { createRegistry, type Interpretation } from '../../src/step/registry.ts';
import { isFinal } from '../../src/step/state.ts';
import type { Step } from '../../src/step/step.ts';
import type { Verdict } from '../../src/step/verdict.ts';

/** What the registry of one executor knows after some observations. The same knowledge is the same object. */
export interface Knowledge {
  readonly id: number;
  /** The step as it was told last; it stays when the registry has forgotten it. */
  readonly step: Step | undefined;
  /** Undefined where the registry knows of no such Job, or has forgotten it. */
  readonly verdict: Verdict | undefined;
  /** The end as it is told, as one text; empty while the step is not over. */
  readonly end: string;
  /** What followers can read, oldest first. */
  readonly events: readonly LoggedEvent[];
  /** The knowledge with one more observation. */
  after(observation: Observation): Knowledge;
  /** The end as it is told when all of these have come, too. */
  endAfter(late: readonly Observation[]): string;
}

/** The code that is checked; a test breaks one part of it. */
export interface Parts {
  readonly interpretation: Interpretation<Observation, JobFacts>;
  readonly createRegistry: typeof createRegistry<Observation, JobFacts>;
  readonly recordPatch: typeof recordPatch;
  readonly choosePatch: typeof choosePatch;
  /** observe/timeouts.ts reads the pods before it ends a step; the model does what this says. */
  readonly timeoutsAsk: boolean;
}

export const realParts: Parts = {
  interpretation: jobInterpretation,
  createRegistry,
  recordPatch,
  choosePatch,
  timeoutsAsk: true,
};

export const executorClock = Date.parse('2026-11-23T12:10:00Z');

/**
 * The knowledge of a registry that was shown nothing. A registry cannot be copied, so each is made by showing a new one everything that
 * it saw; two that know and have told the same are one from then on, which keeps that rare. Observations are told apart by identity.
 */
export function createKnowledge(parts: Parts): Knowledge {
  const known = new Map<string, Knowledge>();

  const make = (seen: readonly Observation[]): Knowledge => {
    const { facts, ...rest } = shown(parts, seen);
    const { step, verdict } = rest;
    const text = JSON.stringify([facts, step, verdict === undefined]);
    const same = known.get(text);
    if (same !== undefined) return same;
    const next = new Map<Observation, Knowledge>();
    const self: Knowledge = {
      id: known.size,
      ...rest,
      end: endOf(step),
      after(observation) {
        const there = next.get(observation) ?? make([...seen, observation]);
        next.set(observation, there);
        return there;
      },
      endAfter: (late) => endOf(shown(parts, [...seen, ...late]).step),
    };
    known.set(text, self);
    return self;
  };
  return make([]);
}

function shown({ interpretation, createRegistry }: Parts, observations: readonly Observation[]) {
  let facts: JobFacts | undefined;
  let step: Step | undefined;
  let log: EventLog | undefined;
  const registry = createRegistry({
    interpretation: {
      ...interpretation,
      merge(before, observation, now) {
        facts = interpretation.merge(before, observation, now);
        return facts;
      },
    },
    now: () => executorClock,
    onVerdict: (verdict, current) => {
      step = current;
      log ??= registry.log(verdict.key);
    },
  });
  for (const observation of observations) registry.apply(observation);
  const [first] = observations;
  const verdict = first && registry.verdict(interpretation.jobUid(first));
  return { facts, step, verdict, events: log === undefined ? [] : entriesOf(log) };
}

function endOf(step: Step | undefined): string {
  if (step === undefined || !isFinal(step.state)) return '';
  return JSON.stringify([step.state, step.outcome, step.timeline.at(-1)]);
}

function entriesOf(log: EventLog): readonly LoggedEvent[] {
  const entries: LoggedEvent[] = [];
  for (let e = log.after(0); e !== undefined; e = log.after(e.sequence)) entries.push(e);
  return entries;
}
