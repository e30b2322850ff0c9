import { type Step, StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import type { AgentBehaviour } from '../../support/agent.ts';
import { stateName } from '../../support/states.ts';
import { type StepWish, seconds } from '../../support/step.ts';
import type { Random } from '../random.ts';

/** One step of a run: what its agent does, what is done to it, and how it may end. */
export interface PlannedStep {
  readonly kind: StepKind;
  readonly wish: Omit<StepWish, 'tenant'>;
  /** Cancelled so long after it was seen to run, or after the submit. */
  readonly cancel?: { readonly from: 'running' | 'submitted'; readonly ms: number };
  /** Its pod is deleted while it runs, and so leaves nothing behind. */
  readonly stopped: boolean;
  /** What is wrong with an end; undefined when nothing is. */
  readonly check: (end: Step) => string | undefined;
}

export type StepKind =
  | 'success'
  | 'exit-code'
  | 'signal'
  | 'timeout'
  | 'cancel'
  | 'cancel-partial'
  | 'cancel-succeeds'
  | 'cancel-race';

const weights: Readonly<Record<StepKind, number>> = {
  success: 40,
  'exit-code': 20,
  signal: 8,
  timeout: 4,
  cancel: 10,
  'cancel-partial': 4,
  'cancel-succeeds': 4,
  'cancel-race': 10,
};

export interface PlanOptions {
  /** Longest run of an agent that ends by itself. */
  readonly maxRunMs: number;
}

/** One step by chance. */
export function planStep(random: Random, { maxRunMs }: PlanOptions): PlannedStep {
  const kind = random.weighted(weights);
  const runMs = random.between(0, maxRunMs);
  const cancelMs = random.between(0, 1_000);
  const agent = (behaviour: AgentBehaviour) => ({ agent: behaviour });
  switch (kind) {
    case 'success':
      return { kind, stopped: false, wish: agent({ runMs }), check: is('SUCCEEDED', { exitCode: 0 }) };
    case 'exit-code': {
      const exitCode = random.pick([1, 2, 3, 4, 5, 6, 7, 8, 42, 125]);
      return { kind, stopped: false, wish: agent({ runMs, exitCode }), check: is('FAILED', { exitCode }) };
    }
    case 'signal': {
      const signal = random.pick([6, 9, 11, 15]);
      const exitCode = 128 + signal;
      return {
        kind,
        stopped: false,
        wish: agent({ runMs, exitCode }),
        check: is('FAILED', { exitCode, signal }),
      };
    }
    case 'timeout': {
      const wish = { ...agent({ hang: true }), options: { timeouts: { run: seconds(1) } } };
      return { kind, stopped: true, wish, check: is('TIMED_OUT', { reason: 'RunTimeout' }) };
    }
    case 'cancel':
    case 'cancel-partial':
    case 'cancel-succeeds': {
      const onTerm = ({ cancel: 'die', 'cancel-partial': 'partial', 'cancel-succeeds': 'succeed' } as const)[
        kind
      ];
      const check = kind === 'cancel-succeeds' ? is('SUCCEEDED', { exitCode: 0 }) : is('CANCELLED');
      const cancel = { from: 'running', ms: cancelMs } as const;
      return { kind, stopped: true, wish: agent({ hang: true, onTerm }), cancel, check };
    }
    case 'cancel-race':
      return {
        kind,
        stopped: true,
        wish: agent({ runMs: random.between(0, 1_000), onTerm: 'die' }),
        cancel: { from: 'submitted', ms: cancelMs },
        check: (end) => (stateName(end) === 'SUCCEEDED' ? undefined : is('CANCELLED')(end)),
      };
    default:
      return kind satisfies never;
  }
}

type Expected = Partial<Pick<NonNullable<Step['outcome']>, 'exitCode' | 'signal' | 'reason'>>;

const is =
  (state: Exclude<keyof typeof StepState, number>, outcome: Expected = {}) =>
  (end: Step): string | undefined => {
    const told = { ...end.outcome };
    const same = (Object.keys(outcome) as (keyof Expected)[]).every((key) => told[key] === outcome[key]);
    if (end.state === StepState[state] && same) return undefined;
    return `ended as ${stateName(end)} ${told.reason} (exit code ${told.exitCode}, signal ${told.signal}): ${told.message}; ${state} ${JSON.stringify(outcome)} was played`;
  };
