import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import {
  AckStepRequestSchema,
  type CancelStepRequest,
  CancelStepRequestSchema,
  GetStepRequestSchema,
  ListStepsRequestSchema,
  RunKeySchema,
  StepFilterSchema,
  StepView,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { type Step, StepKeySchema, StepSchema } from '../../../gen/glip/executor/v1/step_pb.js';
import { type Context, callWithRetry, layoutOf, note } from '../context.ts';
import { describeStep } from '../describe.ts';
import type { RunRef } from '../step-ref.ts';
import { nameOf, stateWords } from '../step-words.ts';
import { renderSteps } from '../steps-output.ts';
import { type Ask, each } from './each.ts';

export async function runGet(context: Context): Promise<number> {
  const { steps, exitCode } = await each(context, getStep(context));
  context.io.stdout.write(renderSteps(steps, context, context.options.refs.length > 1));
  return exitCode;
}

export async function runDescribe(context: Context): Promise<number> {
  const { io } = context;
  const { steps, exitCode } = await each(context, getStep(context));
  io.stdout.write(steps.map((step) => describeStep(step, layoutOf(io.stdout, io))).join('\n'));
  return exitCode;
}

export async function runCancel(context: Context): Promise<number> {
  const { wholeRun } = context.options;
  const { steps, exitCode } = wholeRun
    ? { steps: await endRun(context, wholeRun), exitCode: 0 }
    : await each(context, async (ref) => {
        const target = { case: 'key', value: create(StepKeySchema, ref) } as const;
        return (await askToEnd(context, target)).steps;
      });
  writeBrief(context, steps, (step) => stateWords(step.state));
  return exitCode;
}

function askToEnd(context: Context, target: CancelStepRequest['target']) {
  const { reason, graceMs, force } = context.options;
  const gracePeriod = graceMs === undefined ? {} : { gracePeriod: durationFromMs(graceMs) };
  const request = create(CancelStepRequestSchema, { target, reason, force, ...gracePeriod });
  return callWithRetry(context, (call) => context.calls.cancelStep(request, call));
}

async function endRun(context: Context, run: RunRef): Promise<readonly Step[]> {
  const { steps, totalSize } = await askToEnd(context, { case: 'run', value: create(RunKeySchema, run) });
  if (totalSize === 0) note(context.io, 'the run has no steps here');
  const more = totalSize - steps.length;
  if (more > 0) note(context.io, `and ${more} more: "glip list" shows them`);
  return steps;
}

export async function runAck(context: Context): Promise<number> {
  const { steps, exitCode } = await each(context, async (ref) => {
    const key = create(StepKeySchema, ref);
    const request = create(AckStepRequestSchema, { key });
    await callWithRetry(context, (call) => context.calls.ackStep(request, call));
    return [create(StepSchema, { key })];
  });
  writeBrief(context, steps, () => 'acknowledged');
  return exitCode;
}

/** What has become of steps, in one line each; with -o in its form. */
function writeBrief(context: Context, steps: readonly Step[], became: (step: Step) => string): void {
  const { io, options } = context;
  const brief = options.output === 'text' || options.output === 'wide';
  const lines = steps.map((step) => `${nameOf(step)} ${became(step)}\n`);
  io.stdout.write(brief ? lines.join('') : renderSteps(steps, context, options.refs.length !== 1));
}

export async function runList(context: Context): Promise<number> {
  const { options, calls, io } = context;
  const { runId, states, labels, limit } = options;
  const filter = create(StepFilterSchema, {
    tenant: options.tenant ?? options.defaultTenant ?? '',
    runId,
    states: [...states],
    labels,
  });
  const steps: Step[] = [];
  let pageToken = '';
  do {
    const pageSize = Math.min(100, limit - steps.length);
    // The age of a step is in its timeline, which the basic view leaves out.
    const request = create(ListStepsRequestSchema, { filter, pageSize, pageToken, view: StepView.FULL });
    const page = await callWithRetry(context, (call) => calls.listSteps(request, call));
    steps.push(...page.steps.slice(0, pageSize));
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && steps.length < limit);
  const table = options.output === 'text' || options.output === 'wide';
  if (table && steps.length === 0) note(io, 'no steps found');
  else io.stdout.write(renderSteps(steps, context, true));
  return 0;
}

export function getStep({ calls, ...context }: Context): Ask {
  return async (ref) => {
    const request = create(GetStepRequestSchema, { key: create(StepKeySchema, ref) });
    const { step } = await callWithRetry({ calls, ...context }, (call) => calls.getStep(request, call));
    return step === undefined ? [] : [step];
  };
}
