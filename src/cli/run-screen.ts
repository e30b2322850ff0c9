import { type Step, StepSchema } from '../../gen/glip/executor/v1/step_pb.js';
import { type Context, layoutOf, note } from './context.ts';
import { createLiveText } from './live-table.ts';
import { printableJson } from './printable.ts';
import { renderRun } from './run-table.ts';
import type { RunRef } from './step-ref.ts';
import { nameOf, reasonOf, stateName } from './step-words.ts';
import { plain, structured } from './structured.ts';

/** What is shown of a run that is followed. */
export interface RunScreen {
  /** A step is new, or has changed. */
  readonly changed: (step: Step, before: Step | undefined) => void;
  /** Something beside the steps, in a sentence without a full stop. */
  readonly remark: (text: string) => void;
  readonly end: () => void;
}

/** A live table on a terminal; else, and for programs, what changes as it comes. `steps` is what there is when it is drawn. */
export function openRunScreen(context: Context, run: RunRef, steps: ReadonlyMap<string, Step>): RunScreen {
  const { io, options } = context;
  const text = options.output === 'text' || options.output === 'wide';
  if (text && io.stdout.isTTY) return liveTable(context, run, steps);
  return {
    changed: (step, before) => io.stdout.write(written(step, before, context)),
    remark: (words) => note(io, words),
    end: () => undefined,
  };
}

function written(step: Step, before: Step | undefined, { options }: Context): string {
  switch (options.output) {
    case 'json':
      return `${printableJson(JSON.stringify(plain(StepSchema, step)))}\n`;
    case 'yaml':
      return `---\n${structured(plain(StepSchema, step), 'yaml')}`;
    case 'name':
      return before === undefined ? `${nameOf(step)}\n` : '';
    default: {
      const line = lineOf(step);
      return before !== undefined && lineOf(before) === line ? '' : `${line}\n`;
    }
  }
}

/** What a person would want to hear of. */
const lineOf = (step: Step): string => `${nameOf(step)} ${stateName(step.state)} ${reasonOf(step)}`.trimEnd();

/** How often it is drawn at most when something changes, and how often at least: ages grow. */
const frameMs = { least: 200, most: 1_000 };

function liveTable({ io, signal }: Context, run: RunRef, steps: ReadonlyMap<string, Step>): RunScreen {
  const live = createLiveText(io.stdout);
  const ended = new AbortController();
  const until = AbortSignal.any([signal, ended.signal]);
  let remark = '';
  let changed = false;
  const draw = (): void => {
    const layout = layoutOf(io.stdout, io);
    // On the same screen: what another stream wrote there would be drawn over.
    const said = remark === '' ? '' : `${[...remark].slice(0, layout.width - 1).join('')}\n`;
    live.show(renderRun(run, [...steps.values()], layout, io.now()) + said);
  };
  const keepDrawing = async (): Promise<void> => {
    for (let drawn = Number.NEGATIVE_INFINITY; !until.aborted; ) {
      if (changed || io.now() - drawn >= frameMs.most) {
        changed = false;
        drawn = io.now();
        draw();
      }
      await io.sleep(frameMs.least, until);
    }
  };
  // It ends with the signal.
  keepDrawing().catch(() => undefined);
  return {
    changed() {
      changed = true;
      remark = '';
    },
    remark(text) {
      changed = true;
      remark = text;
    },
    end() {
      ended.abort();
      draw();
    },
  };
}
