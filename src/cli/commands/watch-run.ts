import { type Step, StepSchema, StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { type Context, layoutOf, note } from '../context.ts';
import { exitCodeOfStep, worstExitCode } from '../exit-code.ts';
import { followFleet } from '../follow-fleet.ts';
import { createLiveText } from '../live-table.ts';
import { printable, printableJson } from '../printable.ts';
import { renderRun } from '../run-table.ts';
import type { RunRef } from '../step-ref.ts';
import { isOver, nameOf, reasonOf, stateName } from '../step-words.ts';
import { plain } from '../structured.ts';

/** How often the table is drawn anew at most. */
const frameMs = 200;

/**
 * Follows all steps of a run: a live table on a terminal, else a line for each change; with -o json the steps, one JSON text in a line.
 * Ends when the person leaves; with --until-over when every step is over, with the worst exit code.
 */
export async function watchRun(context: Context, run: RunRef): Promise<number> {
  const { io, signal, options } = context;
  const steps = new Map<string, Step>();
  const screen = screenOf(context, run, steps);
  let synced = false;
  for await (const event of followFleet({ tenant: run.tenant, runId: run.runId }, context)) {
    if (event.kind === 'step') {
      const name = nameOf(event.step);
      const before = steps.get(name);
      steps.set(name, event.step);
      screen.changed(event.step, before);
    } else if (event.kind === 'forgotten') {
      // What has ended stays on the screen: its end is still the answer.
      const step = steps.get(event.name);
      if (step !== undefined && !isOver(step)) steps.delete(event.name);
    } else if (event.kind === 'synced') {
      synced = true;
      if (steps.size === 0) note(io, 'the run has no steps here yet');
    } else if (event.kind === 'reconnecting' && !event.planned) {
      note(io, `connection lost (${printable(event.error.message)}); following on`);
    }
    await io.stdout.drained(signal);
    if (options.untilOver && synced && steps.size > 0 && [...steps.values()].every(isOver)) break;
  }
  screen.end();
  return worstExitCode([...steps.values()].map(exitCodeOfStep));
}

interface Screen {
  readonly changed: (step: Step, before: Step | undefined) => void;
  readonly end: () => void;
}

function screenOf(context: Context, run: RunRef, steps: ReadonlyMap<string, Step>): Screen {
  const { io, options } = context;
  const { output } = options;
  const nothing = (): void => undefined;
  if (output === 'json' || output === 'yaml')
    return {
      changed: (step) => io.stdout.write(`${printableJson(JSON.stringify(plain(StepSchema, step)))}\n`),
      end: nothing,
    };
  if (!io.stdout.isTTY || output === 'name') return { changed: inLines(context), end: nothing };
  const live = createLiveText(io.stdout);
  const draw = (): void => live.show(renderRun(run, [...steps.values()], layoutOf(io.stdout, io), io.now()));
  let waiting = false;
  const changed = (): void => {
    if (waiting) return;
    waiting = true;
    void io.sleep(frameMs, context.signal).then(() => {
      waiting = false;
      draw();
    }, nothing);
  };
  return { changed, end: draw };
}

/** One line for each change that a person would want to hear of. */
function inLines({ io, options }: Context): Screen['changed'] {
  return (step, before) => {
    const line = `${nameOf(step)} ${stateName(step.state)} ${reasonOf(step)}`.trimEnd();
    const was = before && `${nameOf(before)} ${stateName(before.state)} ${reasonOf(before)}`.trimEnd();
    if (options.output === 'name') {
      if (before === undefined || before.state === StepState.UNSPECIFIED)
        io.stdout.write(`${nameOf(step)}\n`);
    } else if (line !== was) io.stdout.write(`${line}\n`);
  };
}
