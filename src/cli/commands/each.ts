import type { Step } from '../../../gen/glip/executor/v1/step_pb.js';
import { type Context, note } from '../context.ts';
import { errorLines } from '../error-text.ts';
import { exitCodeOfStatus, worstExitCode } from '../exit-code.ts';
import { printable } from '../printable.ts';
import { RpcError } from '../rpc-error.ts';
import { formatStepRef, type StepRef } from '../step-ref.ts';

// An answer of the server may be empty by mistake only; the reader then sees nothing rather than a crash.
export type Ask = (ref: StepRef) => Promise<readonly Step[]>;

/** Asks for each step; one that fails does not keep the others from being shown. */
export async function each(
  context: Context,
  ask: Ask,
): Promise<{ steps: readonly Step[]; exitCode: number }> {
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
