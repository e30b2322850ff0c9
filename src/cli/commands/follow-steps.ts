import { type Step, StepSchema } from '../../../gen/glip/executor/v1/step_pb.js';
import { type Context, layoutOf, note, progressSink } from '../context.ts';
import { errorLines } from '../error-text.ts';
import { exitCodeOfStatus, exitCodeOfStep, worstExitCode } from '../exit-code.ts';
import { follow } from '../follow.ts';
import { layProgress } from '../layout.ts';
import { printable } from '../printable.ts';
import { advanceProgress, noProgress } from '../progress.ts';
import { RpcError } from '../rpc-error.ts';
import { formatStepRef, type StepRef } from '../step-ref.ts';
import { isOver, nameOf } from '../step-words.ts';
import { plain, structured } from '../structured.ts';

/** Follows steps at the same time, shows their progress and how they ended; the exit code is the first that is not 0. */
export async function followSteps(context: Context, refs: readonly StepRef[]): Promise<number> {
  const ends = await Promise.all(refs.map((ref) => followOne(context, ref, refs.length > 1)));
  const steps = ends.flatMap(({ step }) => (step !== undefined && isOver(step) ? [step] : []));
  context.io.stdout.write(renderEnds(steps, context, refs.length > 1));
  return worstExitCode(ends.map(({ exitCode }) => exitCode));
}

async function followOne(context: Context, ref: StepRef, named: boolean) {
  const { io } = context;
  const sink = progressSink(context);
  const layout = layoutOf(sink, io);
  const prefix = named ? printable(`${ref.stepId}@${ref.attempt}`) : '';
  let progress = noProgress;
  let step: Step | undefined;
  try {
    for await (const event of follow(ref, context)) {
      if (event.kind === 'step') step = event.step;
      const next = advanceProgress(progress, event);
      progress = next.progress;
      for (const line of next.lines) sink.write(layProgress(line, layout, prefix));
    }
    return { step, exitCode: step === undefined ? exitCodeOfStatus('UNKNOWN') : exitCodeOfStep(step) };
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    const error = RpcError.from(thrown);
    const who = named ? `${printable(formatStepRef(ref))}: ` : '';
    const [first = '', ...more] = errorLines(error, context.options.server);
    for (const line of [who + first, ...more]) note(io, line);
    if (error.code === 'UNAVAILABLE') note(io, 'stopped following; a step that was submitted goes on');
    return { step, exitCode: exitCodeOfStatus(error.code) };
  }
}

function renderEnds(steps: readonly Step[], { options }: Context, many: boolean): string {
  const { output } = options;
  const [first] = steps;
  if (output === 'name') return steps.map((step) => `${nameOf(step)}\n`).join('');
  if ((output !== 'json' && output !== 'yaml') || first === undefined) return '';
  const values = steps.map((step) => plain(StepSchema, step));
  return structured(many ? { steps: values } : values[0], output);
}
