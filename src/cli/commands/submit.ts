import { create } from '@bufbuild/protobuf';
import {
  type SubmitStepRequest,
  type SubmitStepResponse,
  SubmitStepResponseSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { ExecutionOptionsSchema } from '../../../gen/glip/executor/v1/options_pb.js';
import { StepSchema } from '../../../gen/glip/executor/v1/step_pb.js';
import { type Context, callWithRetry, note } from '../context.ts';
import { exitCodes } from '../exit-code.ts';
import { printable } from '../printable.ts';
import { parseStepFile } from '../step-file.ts';
import { formatStepRef } from '../step-ref.ts';
import { nameOf, refOf, stateName } from '../step-words.ts';
import { plain, structured } from '../structured.ts';

/** A request, or the exit code of the file that is none. */
export type ReadResult =
  | { readonly ok: true; readonly request: SubmitStepRequest }
  | { readonly ok: false; readonly exitCode: number };

/** Reads the step file of -f; says on standard error what is wrong with it. */
export async function readStep({ io, options }: Context): Promise<ReadResult> {
  const name = options.file === '-' ? 'standard input' : printable(options.file);
  let text: string;
  try {
    text = options.file === '-' ? await io.readStdin() : io.readFile(options.file);
  } catch (error) {
    note(io, `${name} cannot be read: ${printable(error instanceof Error ? error.message : String(error))}`);
    return { ok: false, exitCode: exitCodes.notFound };
  }
  const { tenant, defaultTenant } = options;
  const parsed = parseStepFile(text, { tenant, defaultTenant, newRunId: io.newRunId });
  if (parsed.ok && options.uninterruptible) {
    parsed.request.options ??= create(ExecutionOptionsSchema);
    parsed.request.options.interruptible = false;
  }
  if (parsed.ok) return parsed;
  for (const problem of parsed.problems) note(io, `${name}: ${printable(problem)}`);
  return { ok: false, exitCode: exitCodes.refused };
}

export function submit(context: Context, request: SubmitStepRequest): Promise<SubmitStepResponse> {
  return callWithRetry(context, (call) => context.calls.submitStep(request, call));
}

/** `KEY submitted`, or `KEY unchanged (RUNNING)`. */
export function submitted(response: SubmitStepResponse): string {
  const { step, created } = response;
  if (step === undefined) return '';
  return `${nameOf(step)} ${created ? 'submitted' : `unchanged (${stateName(step.state)})`}\n`;
}

export async function runSubmit(context: Context): Promise<number> {
  const { io, options } = context;
  const read = await readStep(context);
  if (!read.ok) return read.exitCode;
  const { request } = read;
  request.validateOnly ||= options.validateOnly;
  const response = await submit(context, request);
  io.stdout.write(render(response, request, context));
  return exitCodes.success;
}

function render(response: SubmitStepResponse, request: SubmitStepRequest, { options }: Context): string {
  const { output } = options;
  const name = printable(formatStepRef(refOf(response.step ?? request)));
  if (output === 'name') return `${name}\n`;
  if (request.validateOnly) {
    if (output !== 'json' && output !== 'yaml') return `${name} is valid (server dry run)\n`;
    return structured(jobOf(response) ?? plain(SubmitStepResponseSchema, response), output);
  }
  if (output === 'json' || output === 'yaml') {
    return structured(response.step === undefined ? {} : plain(StepSchema, response.step), output);
  }
  return submitted(response);
}

function jobOf({ jobJson }: SubmitStepResponse): unknown {
  try {
    return JSON.parse(jobJson);
  } catch {
    return undefined;
  }
}
