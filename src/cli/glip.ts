import { ExecutorService } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { TenantService } from '../../gen/glip/executor/v1/tenant_service_pb.js';
import { durationOfMs, formatDuration } from '../config/duration.ts';
import { createClient } from './client.ts';
import { type ClientSecurity, clientSecurity } from './client-security.ts';
import { runExplain } from './commands/explain.ts';
import { followSteps } from './commands/follow-steps.ts';
import { runLogs } from './commands/logs.ts';
import { type RunControl, runRun } from './commands/run.ts';
import { runAck, runCancel, runDescribe, runGet, runList } from './commands/show.ts';
import { runSubmit } from './commands/submit.ts';
import { runTenant } from './commands/tenant.ts';
import { runTop } from './commands/top.ts';
import { watchRun } from './commands/watch-run.ts';
import { type Context, note } from './context.ts';
import { errorLines } from './error-text.ts';
import { exitCodeOfStatus, exitCodes } from './exit-code.ts';
import type { Io } from './io.ts';
import { type GlipOptions, parseOptions } from './options.ts';
import { RpcError } from './rpc-error.ts';
import { program } from './specs.ts';
import { formatUsageError } from './usage.ts';

/** The `glip` command: reads the command line, does what it says, and returns the exit code. Never throws. */
export async function glip(argv: readonly string[], io: Io): Promise<number> {
  const parsed = parseOptions(argv, io.env);
  if (parsed.kind === 'help') io.stdout.write(parsed.text);
  if (parsed.kind === 'help') return exitCodes.success;
  if (parsed.kind === 'command') return await execute(parsed.options, io);
  io.stderr.write(formatUsageError(program, parsed));
  return exitCodes.usage;
}

type Ending = 'interrupt' | 'timeout';

async function execute(options: GlipOptions, io: Io): Promise<number> {
  const ending = new AbortController();
  const end = (why: Ending) => ending.abort(why);
  let onInterrupt = () => end('interrupt');
  const restore = io.onInterrupt(() => onInterrupt());
  const follows = ['run', 'watch', 'logs'].includes(options.command);
  if (follows && options.timeoutMs !== undefined) {
    void io.sleep(options.timeoutMs, ending.signal).then(
      () => end('timeout'),
      () => undefined,
    );
  }
  let security: ClientSecurity;
  try {
    security = clientSecurity(options.security, io.readFile);
  } catch (error) {
    note(io, error instanceof Error ? error.message : String(error));
    restore();
    return exitCodes.usage;
  }
  const client = createClient(ExecutorService, options.server, {}, security);
  // Neither connects before its first call.
  const tenants = createClient(TenantService, options.server, {}, security);
  const control: RunControl = {
    onInterrupt: (listener) => {
      onInterrupt = listener;
    },
    leave: () => end('interrupt'),
  };
  try {
    return await dispatch(
      { options, io, calls: client.calls, tenants: tenants.calls, signal: ending.signal },
      control,
    );
  } catch (thrown) {
    if (ending.signal.aborted) return explainEnding(ending.signal.reason as Ending, options, io);
    const error = RpcError.from(thrown);
    for (const line of errorLines(error, options.server)) note(io, line);
    return exitCodeOfStatus(error.code);
  } finally {
    ending.abort();
    restore();
    client.close();
    tenants.close();
  }
}

function dispatch(context: Context, control: RunControl): Promise<number> {
  const { command } = context.options;
  switch (command) {
    case 'run':
      return runRun(context, control);
    case 'submit':
      return runSubmit(context);
    case 'watch':
      return context.options.wholeRun
        ? watchRun(context, context.options.wholeRun)
        : followSteps(context, context.options.refs);
    case 'cancel':
      return runCancel(context);
    case 'ack':
      return runAck(context);
    case 'get':
      return runGet(context);
    case 'describe':
      return runDescribe(context);
    case 'explain':
      return runExplain(context);
    case 'top':
      return runTop(context);
    case 'list':
      return runList(context);
    case 'logs':
      return runLogs(context);
    case 'tenant':
      return runTenant(context);
    default: {
      const never: never = command;
      return never;
    }
  }
}

function explainEnding(ending: Ending, { command, timeoutMs }: GlipOptions, io: Io): number {
  if (ending === 'timeout') {
    note(
      io,
      `stopped following after ${formatDuration(durationOfMs(timeoutMs ?? 0))}; what was submitted goes on`,
    );
    return exitCodes.again;
  }
  if (command === 'run')
    note(io, 'left without waiting for the end of the step; "glip watch" follows it again');
  if (command === 'logs') note(io, 'stopped reading; the step goes on');
  if (command === 'watch') note(io, 'stopped watching; the steps go on');
  return exitCodes.cancelled;
}
