import { durationMs, timestampDate } from '@bufbuild/protobuf/wkt';
import type { Cancellation, ObjectRef, Step } from '../../gen/glip/executor/v1/step_pb.js';
import { durationOfMs, formatDuration } from '../config/duration.ts';
import { type Layout, layFields, layProgress } from './layout.ts';
import { layMoments } from './moments.ts';
import { printable } from './printable.ts';
import { advanceProgress, adviceText, disruptionText, noProgress } from './progress.ts';
import { exitOf, nameOf, phaseName, stateName } from './step-words.ts';

/** All that is known of a step, for people. */
export function describeStep(step: Step, layout: Layout): string {
  const { outcome, waiting, cancellation } = step;
  const labels = Object.entries(step.labels).map(([key, value]) => `${key}=${value}`);
  const fields: readonly (readonly [string, string])[] = [
    ['Key', nameOf(step)],
    ['State', stateName(step.state)],
    ['Phase', phaseName(step.phase)],
    ['Waiting', joined(waiting?.reason, waiting?.message)],
    ['Remedy', waiting?.remedy ?? ''],
    ['Disruption', disruptionText(step)],
    ['Outcome', joined(outcome?.reason, outcome?.message)],
    ['Exit', exitOf(step)],
    ['Advice', adviceText(outcome?.retry)],
    ['Started', outcome?.startTime === undefined ? '' : timestampDate(outcome.startTime).toISOString()],
    ['Ended', outcome?.endTime === undefined ? '' : timestampDate(outcome.endTime).toISOString()],
    ['Report', outcome?.agentReportJson ?? ''],
    ...(outcome?.evidence?.events ?? []).map((text) => ['Event', text] as const),
    ...(outcome?.evidence?.logTail ?? []).map((text) => ['Output', text] as const),
    ...step.observations.map((text) => ['Observation', text] as const),
    ['Cancelled', cancellation === undefined ? '' : cancelText(cancellation)],
    ['Job', objectName(step.job)],
    ['Pod', objectName(step.pod)],
    ['Node', step.node],
    ['Pool', step.pool],
    ['Image', step.image],
    ['Labels', labels.join(' ')],
    ['Spec hash', step.specHash],
  ];
  const safe = fields.map(([name, text]) => [name, printable(text)] as const);
  const { lines } = advanceProgress(noProgress, { kind: 'step', step });
  const history = lines.filter(({ time }) => time !== undefined).map((line) => layProgress(line, layout));
  const parts = [layFields(safe, layout.width), history.join(''), layMoments(step, layout)];
  return parts.filter((part) => part !== '').join('\n');
}

function cancelText({ requestedBy, reason, gracePeriod, force }: Cancellation): string {
  const grace =
    gracePeriod === undefined ? '' : `, grace ${formatDuration(durationOfMs(durationMs(gracePeriod)))}`;
  return joined(`by ${requestedBy}${grace}${force ? ', by force' : ''}`, reason);
}

function joined(reason: string | undefined, message: string | undefined): string {
  return [reason, message].filter(Boolean).join(': ');
}

function objectName(ref: ObjectRef | undefined): string {
  return ref === undefined ? '' : `${ref.namespace}/${ref.name}`;
}
