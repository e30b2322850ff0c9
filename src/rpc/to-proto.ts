import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Duration, DurationSchema, type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import {
  FailureCategory,
  MomentKind,
  MomentSchema,
  type Step as ProtoStep,
  type Transition as ProtoTransition,
  RetryAdvice,
  StepPhase,
  StepSchema,
  StepState,
  TransitionSchema,
} from '../../gen/glip/executor/v1/step_pb.js';
import { remedyOf } from '../job/outcome-remedies.ts';
import { lastTime } from '../job/plausible.ts';
import type { Forecast } from '../step/forecast.ts';
import { type Moment, momentsOf } from '../step/moments.ts';
import type { EpochMs, Evidence, Outcome, Step, Transition, Waiting } from '../step/step.ts';

/** A time that cannot be told, such as a deadline in a million years, is told as the last one that can. */
export function timestamp(time: EpochMs): Timestamp {
  const ms = Math.min(Math.max(0, time), lastTime);
  const seconds = Math.floor(ms / 1000);
  return create(TimestampSchema, {
    seconds: BigInt(seconds),
    nanos: Math.round((ms - seconds * 1000) * 1e6) % 1e9,
  });
}

export function duration(ms: number): Duration {
  const whole = Math.min(Math.max(0, Math.round(ms)), lastTime);
  return create(DurationSchema, { seconds: BigInt(Math.floor(whole / 1000)), nanos: (whole % 1000) * 1e6 });
}

/** A step as the contract shows it. Without `full`, the timeline and the agent's report are left out. */
export function stepToProto(step: Step, full = true): ProtoStep {
  return create(StepSchema, {
    key: step.key,
    state: StepState[step.state],
    phase: StepPhase[step.phase],
    ...(step.waiting && { waiting: waitingToProto(step.waiting) }),
    ...(step.disruptionExpected && { disruptionExpected: forecastToProto(step.disruptionExpected) }),
    ...(step.outcome && { outcome: outcomeToProto(step.outcome, full) }),
    ...(step.cancellation && {
      cancellation: {
        reason: step.cancellation.reason,
        requestedBy: step.cancellation.requestedBy,
        requestTime: timestamp(step.cancellation.requestTime),
        gracePeriod: duration(step.cancellation.graceSeconds * 1000),
        force: step.cancellation.force ?? false,
        confirmed: step.cancellation.confirmed,
      },
    }),
    timeline: full ? step.timeline.map(transitionToProto) : [],
    job: step.job,
    ...(step.pod && { pod: step.pod }),
    node: step.node ?? '',
    pool: step.pool,
    image: step.image,
    specHash: step.specHash,
    incarnation: step.incarnation,
    labels: step.labels,
    moments: full ? momentsOf(step).map(momentToProto) : [],
    observations: [...step.observations],
  });
}

function momentToProto({ kind, incarnation, time, observeTime, detail }: Moment) {
  const times = { time: timestamp(time), observeTime: timestamp(observeTime) };
  return create(MomentSchema, { kind: MomentKind[kind], incarnation, detail, ...times });
}

export function transitionToProto(transition: Transition): ProtoTransition {
  const { incarnation, reason, message, time, observeTime } = transition;
  return create(TransitionSchema, {
    phase: StepPhase[transition.phase],
    state: StepState[transition.state],
    reason,
    message,
    time: timestamp(time),
    observeTime: timestamp(observeTime),
    incarnation,
  });
}

function waitingToProto(waiting: Waiting) {
  const { reason, message, since, giveUpTime, remedy } = waiting;
  return {
    reason,
    message,
    remedy,
    since: timestamp(since),
    ...(giveUpTime !== undefined && { giveUpTime: timestamp(giveUpTime) }),
  };
}

function forecastToProto({ cause, message, deadline, observeTime }: Forecast) {
  const due = deadline !== undefined && { deadline: timestamp(deadline) };
  return { cause, message, observeTime: timestamp(observeTime), ...due };
}

const evidenceToProto = ({ events, logTail }: Evidence) => ({ events: [...events], logTail: [...logTail] });

function outcomeToProto(
  outcome: Outcome,
  full: boolean,
): MessageInitShape<typeof StepSchema>['outcome'] & object {
  const { exitCode, signal, startTime, endTime } = outcome;
  return {
    category:
      outcome.category === undefined ? FailureCategory.UNSPECIFIED : FailureCategory[outcome.category],
    reason: outcome.reason,
    message: outcome.message,
    remedy: remedyOf(outcome),
    ...(exitCode !== undefined && { exitCode }),
    ...(signal !== undefined && { signal }),
    exitMeaning: outcome.exitMeaning,
    mayHaveStarted: outcome.mayHaveStarted,
    retry: outcome.retry === undefined ? RetryAdvice.UNSPECIFIED : RetryAdvice[outcome.retry],
    ...(startTime !== undefined && { startTime: timestamp(startTime) }),
    ...(endTime !== undefined && { endTime: timestamp(endTime) }),
    agentReportJson: full ? outcome.agentReportJson : '',
    ...(full && outcome.evidence && { evidence: evidenceToProto(outcome.evidence) }),
  };
}
