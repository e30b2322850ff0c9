import type { Step } from '../../../gen/glip/executor/v1/step_pb.js';
import type { Context } from '../context.ts';
import { exitCodeOfStep, exitCodes, worstExitCode } from '../exit-code.ts';
import { followFleet } from '../follow-fleet.ts';
import { printable } from '../printable.ts';
import { openRunScreen } from '../run-screen.ts';
import type { RunRef } from '../step-ref.ts';
import { isOver, nameOf } from '../step-words.ts';

/**
 * Follows all steps of a run: a live table on a terminal, else a line for each change; with -o json the steps, one JSON text in a line.
 * Ends when the person leaves; with --until-over when every step is over, with the first exit code that is not 0; that of a step whose
 * record went before its end was told is 66.
 */
export async function watchRun(context: Context, run: RunRef): Promise<number> {
  const { io, signal, options } = context;
  const steps = new Map<string, Step>();
  const screen = openRunScreen(context, run, steps);
  let synced = false;
  let lost = false;
  for await (const event of followFleet({ tenant: run.tenant, runId: run.runId }, context)) {
    if (event.kind === 'step') {
      const name = nameOf(event.step);
      const before = steps.get(name);
      steps.set(name, event.step);
      screen.changed(event.step, before);
    } else if (event.kind === 'forgotten') {
      const step = steps.get(event.name);
      // What has ended stays on the screen: its end is still the answer.
      if (step === undefined || isOver(step)) continue;
      steps.delete(event.name);
      lost = true;
      screen.remark(`${event.name} is gone, and how it ended is not known`);
    } else if (event.kind === 'synced') {
      synced = true;
      if (steps.size === 0 && !lost) screen.remark('the run has no steps here yet');
    } else if (event.kind === 'reconnecting' && !event.planned) {
      screen.remark(`connection lost (${printable(event.error.message)}); following on`);
    }
    await io.stdout.drained(signal);
    const any = steps.size > 0 || lost;
    if (options.untilOver && synced && any && [...steps.values()].every(isOver)) break;
  }
  screen.end();
  return worstExitCode([...[...steps.values()].map(exitCodeOfStep), ...(lost ? [exitCodes.notFound] : [])]);
}
