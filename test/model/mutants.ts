import { annotation } from '../../src/job/metadata.ts';
import type { Observation } from '../../src/job/observation.ts';
import { choosePatch } from '../../src/job/one-start.ts';
import { recordPatch } from '../../src/job/record.ts';
import type { Verdict } from '../../src/step/verdict.ts';
import { type Parts, realParts } from './knowledge.ts';
import type { Setting } from './world.ts';

/** An executor with one fault, which the model has to find. */
export interface Mutant {
  readonly name: string;
  readonly parts: Parts;
  readonly setting: Omit<Setting, 'name'>;
  /** What has happened already, where the fault shows late. */
  readonly behind?: readonly string[];
  /** The law that it breaks, as it begins. */
  readonly law: string;
}

const { interpretation } = realParts;

/** Judges as it should, but for one thing. */
const judging = (change: (verdict: Verdict) => Verdict): Parts => ({
  ...realParts,
  interpretation: {
    ...interpretation,
    classify(facts) {
      const verdict = interpretation.classify(facts);
      return verdict && change(verdict);
    },
  },
});

/** Sees as it should, but for one thing. */
const seeing = (change: (observation: Observation) => Observation): Parts => ({
  ...realParts,
  interpretation: {
    ...interpretation,
    merge: (facts, observation, now) => interpretation.merge(facts, change(observation), now),
  },
});

/** Takes every end of one basis for one of another. */
const taking = (from: string, to: 'proposed' | 'recorded'): Parts =>
  judging((verdict) =>
    verdict.end?.basis === from ? { ...verdict, end: { ...verdict.end, basis: to } } : verdict,
  );

const cancelled: NonNullable<Verdict['end']> = {
  state: 'CANCELLED',
  outcome: { reason: 'Cancelled', message: '', exitMeaning: '', mayHaveStarted: true, agentReportJson: '' },
  time: 0,
  incarnation: 0,
  basis: 'proposed',
};

const lostContainer = {
  kind: 'terminated',
  exitCode: 137,
  signal: 9,
  reason: '',
  message: '',
  startTime: 0,
  endTime: undefined,
} as const;

const alone = { kubernetes: '1.37', replicas: 1, exits: [0] } as const;

export const mutants: readonly Mutant[] = [
  {
    name: 'tells a cancel when it is asked for',
    parts: judging((verdict) =>
      verdict.cancellation && !verdict.end ? { ...verdict, end: cancelled } : verdict,
    ),
    setting: { ...alone, events: ['cancel'] },
    law: 'nothing runs behind an end',
  },
  {
    name: 'tells an end before it is recorded',
    parts: taking('proposed', 'recorded'),
    setting: { ...alone, events: [] },
    law: 'recorded before it is told',
  },
  {
    name: 'believes that there is no pod where it sees none',
    parts: taking('absence', 'proposed'),
    setting: { ...alone, events: ['finalizer removed', 'pod deleted', 'cancel'], watchesLast: true },
    behind: [
      'Job controller: creates pod 0',
      'executor is told of the Job v1500',
      'executor is told of pod-0 v1000',
      'pod deleted',
      'executor is told of pod-0 v2001',
      'finalizer removed',
      'Job controller: creates pod 1',
    ],
    law: 'nothing runs behind an end',
  },
  {
    name: 'writes its record over that of another',
    parts: {
      ...realParts,
      recordPatch: (...of) => recordPatch(...of).filter(({ op }) => op !== 'test'),
    },
    setting: { ...alone, replicas: 2, events: ['pod deleted'] },
    behind: [
      'Job controller: creates pod 0',
      'executor B is told of the Job v1500',
      'executor A is told of pod-0 v1000',
      'executor B is told of pod-0 v1000',
      'pod deleted',
      'executor A is told of the Job v1500',
      'executor B is told of pod-0 v2001',
      'pod garbage collector: fails pod 0',
      'executor B is told of pod-0 v2002',
      'Job controller: announces BackoffLimitExceeded',
    ],
    law: 'all tell the same end',
  },
  {
    name: 'reads no record',
    parts: seeing((seen) => {
      if (seen.kind !== 'job') return seen;
      const { [annotation.record]: _, ...annotations } = seen.job.annotations;
      return { ...seen, job: { ...seen.job, annotations } };
    }),
    setting: { ...alone, events: [] },
    law: 'every life comes to rest',
  },
  {
    name: 'takes a pod that is gone for one that has ended',
    parts: seeing((seen) =>
      seen.kind === 'pod-gone'
        ? { ...seen, pod: { ...seen.pod, agent: seen.pod.agent && lostContainer } }
        : seen,
    ),
    setting: { ...alone, events: ['node lost', 'cancel', 'pod force-deleted'], watchesLast: true },
    behind: [
      'Job controller: creates pod 0',
      'scheduler: finds a node for pod 0',
      'node: pod 0 starts',
      'kubelet: pod 0 is shown running',
      'node lost',
    ],
    law: 'nothing runs behind an end',
  },
  {
    name: 'takes an exit 0 behind a kill for a success',
    parts: seeing((seen) =>
      seen.kind === 'pod' || seen.kind === 'pod-gone'
        ? { ...seen, pod: { ...seen.pod, deleteTime: undefined } }
        : seen,
    ),
    setting: { ...alone, events: ['pod deleted'] },
    law: 'SUCCEEDED is true',
  },
  {
    name: 'asks nobody before it ends a step for its time',
    parts: { ...realParts, timeoutsAsk: false },
    setting: { ...alone, events: ['time passes'] },
    law: 'a timeout ends what it is for',
  },
  {
    name: 'chooses over the choice of another',
    parts: {
      ...realParts,
      choosePatch: (...of) => choosePatch(...of).filter(({ op }) => op !== 'test'),
    },
    setting: {
      ...alone,
      replicas: 2,
      events: ['pod force-deleted', 'finalizer removed'],
      once: true,
    },
    behind: [
      'Job controller: creates pod 0',
      'executor A is told of the Job v1500',
      'executor A is told of pod-0 v1000',
      'executor B is told of the Job v1500',
      'executor A wants to choose pod-0',
      'executor A chooses pod-0',
      'executor A wants to open pod-0',
      'executor A opens pod-0',
      'pod force-deleted',
      'finalizer removed',
      'Job controller: creates pod 1',
      // It never sees that pod 0 was open: that alone would make it the one.
      'executor B lists pods',
    ],
    law: 'one pod may start',
  },
  {
    name: 'opens what was not chosen',
    parts: judging((verdict) =>
      verdict.start?.kind === 'choose'
        ? { ...verdict, start: { ...verdict.start, kind: 'open', gateAt: 0 } }
        : verdict,
    ),
    setting: { ...alone, events: ['pod force-deleted', 'finalizer removed', 'crash'], once: true },
    behind: [
      'Job controller: creates pod 0',
      'executor is told of the Job v1500',
      'executor is told of pod-0 v1000',
      'executor wants to open pod-0',
      'executor opens pod-0',
      'pod force-deleted',
      'finalizer removed',
      'Job controller: creates pod 1',
      'executor is killed and starts again',
    ],
    law: 'one pod may start',
  },
  {
    name: 'notes no life',
    parts: judging(({ replaced: _, ...verdict }) => verdict),
    setting: { ...alone, events: ['pod evicted'], replaces: true, watchesLast: true },
    law: 'every end is told',
  },
];
