import type { Context } from '../context.ts';
import { layoutOf } from '../context.ts';
import { explain } from '../explain/explanation.ts';
import { renderExplanation } from '../explain/render.ts';
import { structured } from '../structured.ts';
import { each } from './each.ts';
import { getStep } from './show.ts';

/** One screen for each step: what happened, why, since when, what to do. */
export async function runExplain(context: Context): Promise<number> {
  const { io, options } = context;
  const { steps, exitCode } = await each(context, getStep(context));
  const now = io.now();
  const all = steps.map((step) => ({ step, said: explain(step, now) }));
  if (options.output === 'json' || options.output === 'yaml') {
    const values = all.map(({ said }) => said);
    const many = options.refs.length > 1;
    if (values.length > 0) io.stdout.write(structured(many ? { steps: values } : values[0], options.output));
    return exitCode;
  }
  const layout = layoutOf(io.stdout, io);
  io.stdout.write(all.map(({ step, said }) => renderExplanation(said, step, layout, now)).join('\n'));
  return exitCode;
}
