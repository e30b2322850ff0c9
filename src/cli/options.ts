import type { StepState } from '../../gen/glip/executor/v1/step_pb.js';
import { type Address, parseAddress } from '../config/address.ts';
import { didYouMean } from '../config/did-you-mean.ts';
import { type FlagSpec, readFlags } from '../config/flags.ts';
import { type LogOptions, readLogOptions } from './log-options.ts';
import {
  type FlagValues,
  type OutputFormat,
  type Problems,
  readDryRun,
  readGrace,
  readLabels,
  readNumber,
  readOutput,
  readStates,
  readTimeout,
} from './option-values.ts';
import { readSecurity, type SecurityOptions } from './security-options.ts';
import { commandNames, type GlipCommandName, glipHelp, globalFlags, program, specs } from './specs.ts';
import { parseStepRef, type RunRef, type StepRef } from './step-ref.ts';
import { readTenantCall, type TenantCall } from './tenant-call.ts';
import type { UsageError } from './usage.ts';

/** What `glip` was asked to do; which of the parts mean something depends on the command. */
export interface GlipOptions {
  readonly command: GlipCommandName;
  readonly server: Address;
  readonly security: SecurityOptions;
  /** From --tenant. */
  readonly tenant: string | undefined;
  /** From GLIP_TENANT. */
  readonly defaultTenant: string | undefined;
  readonly output: OutputFormat;
  readonly timeoutMs: number | undefined;
  readonly file: string;
  readonly validateOnly: boolean;
  /** The step is not to be evicted, whatever its file says. */
  readonly uninterruptible: boolean;
  readonly refs: readonly StepRef[];
  /** From --run with --all: instead of steps. */
  readonly wholeRun: RunRef | undefined;
  readonly reason: string;
  /** From --until-over. */
  readonly untilOver: boolean;
  /** From --grace-period; undefined for the step's own. */
  readonly graceMs: number | undefined;
  readonly force: boolean;
  readonly runId: string;
  readonly states: readonly StepState[];
  readonly labels: Readonly<Record<string, string>>;
  readonly limit: number;
  /** Of the command tenant. */
  readonly tenantCall: TenantCall;
  readonly logs: LogOptions;
}

export type OptionsResult =
  | { readonly kind: 'command'; readonly options: GlipOptions }
  | { readonly kind: 'help'; readonly text: string }
  | ({ readonly kind: 'usage' } & UsageError);

/** Reads the command line of `glip`; lists every problem. */
export function parseOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): OptionsResult {
  const [word, ...rest] = argv;
  const topic = commandNames.find((name) => name === rest[0]);
  if (word === undefined || word === '--help' || word === '-h') return { kind: 'help', text: glipHelp() };
  if (word === 'help') return { kind: 'help', text: glipHelp(topic) };
  const command = commandNames.find((name) => name === word);
  if (command === undefined) {
    const what = word.startsWith('-') ? 'a command comes first, before' : 'unknown command';
    const problem = `${what} ${JSON.stringify(word)}${didYouMean(word, commandNames)}`;
    return { kind: 'usage', problems: [problem], help: `${program} --help` };
  }
  const flags = readFlags(rest, specs[command].flags);
  if (flags.values.get(globalFlags.help.name) === 'true') return { kind: 'help', text: glipHelp(command) };
  const problems = flags.problems.map(({ flag, message }) => `flag ${flag}: ${message}`);
  const options = readOptions(command, flags.values, flags.positionals, env, problems);
  if (problems.length > 0) return { kind: 'usage', problems, help: `${program} ${command} --help` };
  return { kind: 'command', options };
}

function readOptions(
  command: GlipCommandName,
  values: FlagValues,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  problems: Problems,
): GlipOptions {
  const tenant = values.get(globalFlags.tenant.name);
  const defaultTenant = env.GLIP_TENANT || undefined;
  const takesFile = command === 'run' || command === 'submit';
  const takesKeys = !takesFile && !['list', 'top', 'tenant'].includes(command);
  // To look at a whole run does no harm: --run alone is enough.
  const lookedAt = command === 'watch' && values.has('--run') && !values.has('--step');
  const all = lookedAt || values.get('--all') === 'true';
  if (!takesKeys && command !== 'tenant')
    for (const word of words) problems.push(`${JSON.stringify(word)} is not expected here`);
  const file = values.get('--filename') ?? '';
  if (takesFile && file === '' && !problems.some((p) => p.startsWith('flag --filename'))) {
    problems.push('flag --filename: is required: -f FILE, or -f - for standard input');
  }
  const server = readServer(values, env, problems);
  return {
    command,
    server,
    security: readSecurity(values, env, server, problems),
    tenant,
    defaultTenant: values.get('--all-tenants') === 'true' ? undefined : defaultTenant,
    output: readOutput(values, outputSyntax(command), problems),
    timeoutMs: readTimeout(values, problems),
    file,
    uninterruptible: values.get('--uninterruptible') === 'true',
    validateOnly: readDryRun(values, problems),
    refs:
      takesKeys && !all
        ? onlyOne(command, readRefs(words, values, tenant ?? defaultTenant, problems), problems)
        : [],
    wholeRun: all
      ? readRun(words, values, tenant ?? defaultTenant, lookedAt ? '--run' : '--all', problems)
      : undefined,
    reason: values.get('--reason') ?? '',
    untilOver: readUntilOver(values, lookedAt, problems),
    graceMs: readGrace(values, problems),
    force: values.get('--force') === 'true',
    runId: values.get('--run') ?? '',
    states: readStates(values, problems),
    labels: readLabels(values, problems),
    limit: readNumber('--limit', values, Number.POSITIVE_INFINITY, 1, problems),
    tenantCall: command === 'tenant' ? readTenantCall(words, values, problems) : { verb: 'list', tenant: '' },
    logs: readLogOptions(values, problems),
  };
}

function outputSyntax(command: GlipCommandName): string | undefined {
  const flags: readonly FlagSpec[] = specs[command].flags;
  return flags.find(({ name }) => name === '--output')?.syntax;
}

function readServer(
  values: FlagValues,
  env: Readonly<Record<string, string | undefined>>,
  problems: Problems,
): Address {
  const flag = values.get(globalFlags.server.name);
  const parsed = parseAddress(flag ?? (env.GLIP_SERVER || '127.0.0.1:7070'));
  const source = flag === undefined ? 'env GLIP_SERVER' : 'flag --server';
  if (parsed.ok && parsed.value.port > 0) return parsed.value;
  problems.push(`${source}: ${parsed.ok ? 'port 0 is no port to connect to' : parsed.message}`);
  return { host: '', port: 0 };
}

function readRefs(
  words: readonly string[],
  values: FlagValues,
  tenant: string | undefined,
  problems: Problems,
) {
  const [run, step] = [values.get('--run'), values.get('--step')];
  if (run !== undefined || step !== undefined || values.has('--attempt')) {
    return readRefFlags(words, values, tenant, problems);
  }
  if (words.length === 0) problems.push('a KEY is missing: TENANT/RUN/STEP[@ATTEMPT]');
  return words.flatMap((word) => {
    const parsed = parseStepRef(word, tenant);
    if (!parsed.ok) problems.push(parsed.message);
    return parsed.ok ? [parsed.value] : [];
  });
}

function readRefFlags(
  words: readonly string[],
  values: FlagValues,
  tenant: string | undefined,
  problems: Problems,
) {
  if (words.length > 0) problems.push('a KEY cannot stand beside --run, --step and --attempt');
  const [runId, stepId] = [values.get('--run') ?? '', values.get('--step') ?? ''];
  if (tenant === undefined) problems.push('flag --tenant: is required with --run and --step');
  if (runId === '') problems.push('flag --run: is required with --step');
  if (stepId === '') problems.push('flag --step: is required with --run');
  const attempt = readNumber('--attempt', values, 0, 0, problems);
  return [{ tenant: tenant ?? '', runId, stepId, attempt }];
}

/** The output of two steps in one stream could not be told apart. */
function onlyOne(command: GlipCommandName, refs: readonly StepRef[], problems: Problems): readonly StepRef[] {
  if (command === 'logs' && refs.length > 1) problems.push('logs takes one KEY');
  return refs;
}

function readUntilOver(values: FlagValues, wholeRun: boolean, problems: Problems): boolean {
  const given = values.get('--until-over') === 'true';
  if (given && !wholeRun)
    problems.push('flag --until-over: only with --run and without --step; a KEY is followed to its end');
  return given;
}

/** A whole run is meant only where that is said: without a step alone, somebody may have forgotten the step. */
function readRun(
  words: readonly string[],
  values: FlagValues,
  tenant: string | undefined,
  /** What says that the whole run is meant. */
  flag: '--all' | '--run',
  problems: Problems,
): RunRef {
  if (words.length > 0) problems.push(`a KEY cannot stand beside ${flag}`);
  for (const other of ['--step', '--attempt'])
    if (values.has(other)) problems.push(`flag ${other}: cannot stand beside ${flag}`);
  const runId = values.get('--run') ?? '';
  if (tenant === undefined) problems.push(`flag --tenant: is required with ${flag}`);
  if (runId === '')
    problems.push(flag === '--all' ? 'flag --run: is required with --all' : 'flag --run: is empty');
  return { tenant: tenant ?? '', runId };
}
