import { create } from '@bufbuild/protobuf';
import { CancelStepRequestSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { StepKeySchema } from '../../../gen/glip/executor/v1/step_pb.js';
import { type Context, callWithRetry, note, progressSink } from '../context.ts';
import { errorLines } from '../error-text.ts';
import { exitCodes } from '../exit-code.ts';
import { printable } from '../printable.ts';
import { RpcError } from '../rpc-error.ts';
import { formatStepRef, type StepRef } from '../step-ref.ts';
import { refOf } from '../step-words.ts';
import { followSteps } from './follow-steps.ts';
import { readStep, submit, submitted } from './submit.ts';

/** `interrupts` tells of each Ctrl-C after the submit; `leave` ends the following. */
export interface RunControl {
  readonly onInterrupt: (listener: () => void) => void;
  readonly leave: () => void;
}

/** Submits a step and follows it. The first Ctrl-C cancels it, the second stops waiting for that. */
export async function runRun(context: Context, control: RunControl): Promise<number> {
  const { io } = context;
  const read = await readStep(context);
  if (!read.ok) return read.exitCode;
  if (read.request.validateOnly) {
    note(io, 'validate_only is for "glip submit": there would be nothing to follow');
    return exitCodes.refused;
  }
  const ref = refOf(read.request);
  // The file's own time limit is for the following; the submit has the usual one.
  const response = await submit(
    { ...context, options: { ...context.options, timeoutMs: undefined } },
    read.request,
  );
  progressSink(context).write(submitted(response));
  let interrupts = 0;
  control.onInterrupt(() => {
    interrupts += 1;
    if (interrupts > 1) return control.leave();
    note(io, 'cancelling the step; press Ctrl-C again to leave without waiting for its end');
    void cancel(context, ref);
  });
  return await followSteps(context, [ref]);
}

async function cancel(context: Context, ref: StepRef): Promise<void> {
  const target = { case: 'key', value: create(StepKeySchema, ref) } as const;
  const request = create(CancelStepRequestSchema, { target, reason: 'interrupted at the terminal' });
  try {
    await callWithRetry(context, (call) => context.calls.cancelStep(request, call));
  } catch (thrown) {
    if (context.signal.aborted) return;
    for (const line of errorLines(RpcError.from(thrown), context.options.server)) note(context.io, line);
    note(context.io, `the cancel failed; try: glip cancel ${printable(formatStepRef(ref))}`);
  }
}
