import { create } from '@bufbuild/protobuf';
import {
  CancelStepRequestSchema,
  GetStepRequestSchema,
  ListStepsRequestSchema,
  StepFilterSchema,
  StepView,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { type Step, StepKeySchema } from '../../../gen/glip/executor/v1/step_pb.js';
import { type Context, callWithRetry, layoutOf, note } from '../context.ts';
import { describeStep } from '../describe.ts';
import { errorLines } from '../error-text.ts';
import { exitCodeOfStatus, worstExitCode } from '../exit-code.ts';
import { printable } from '../printable.ts';
import { RpcError } from '../rpc-error.ts';
import { formatStepRef, type StepRef } from '../step-ref.ts';
import { nameOf, stateName } from '../step-words.ts';
import { renderSteps } from '../steps-output.ts';

// An answer of the server may be empty by mistake only; the reader then sees nothing rather than a crash.
type Ask = (ref: StepRef) => Promise<readonly Step[]>;

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
  const { io, options, calls } = context;
  const { steps, exitCode } = await each(context, async (ref) => {
    const target = { case: 'key', value: create(StepKeySchema, ref) } as const;
    const request = create(CancelStepRequestSchema, { target, reason: options.reason });
    return (await callWithRetry(context, (call) => calls.cancelStep(request, call))).steps;
  });
  const lines = steps.map(
    (step) => `${nameOf(step)} ${stateName(step.state).toLowerCase().replace('_', ' ')}\n`,
  );
  const brief = options.output === 'text' || options.output === 'wide';
  io.stdout.write(brief ? lines.join('') : renderSteps(steps, context, options.refs.length > 1));
  return exitCode;
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

function getStep({ calls, ...context }: Context): Ask {
  return async (ref) => {
    const request = create(GetStepRequestSchema, { key: create(StepKeySchema, ref) });
    const { step } = await callWithRetry({ calls, ...context }, (call) => calls.getStep(request, call));
    return step === undefined ? [] : [step];
  };
}

/** Asks for each step; one that fails does not keep the others from being shown. */
async function each(context: Context, ask: Ask): Promise<{ steps: readonly Step[]; exitCode: number }> {
  const { io, options, signal } = context;
  const answers = await Promise.all(
    options.refs.map(async (ref) => {
      try {
        return { steps: await ask(ref), exitCode: 0 };
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        const error = RpcError.from(thrown);
        const who = options.refs.length > 1 ? `${printable(formatStepRef(ref))}: ` : '';
        const [first = '', ...more] = errorLines(error, options.server);
        for (const line of [who + first, ...more]) note(io, line);
        return { steps: [], exitCode: exitCodeOfStatus(error.code) };
      }
    }),
  );
  return {
    steps: answers.flatMap(({ steps }) => steps),
    exitCode: worstExitCode(answers.map(({ exitCode }) => exitCode)),
  };
}
