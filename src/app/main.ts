import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { checkExitCode, renderChecks } from '../cli/check/render.ts';
import type { AuthzQuestion } from '../cli/executor/authz-options.ts';
import { executorHelp, program } from '../cli/executor/commands.ts';
import { type ExecutorCommand, type Output, parseCommand } from '../cli/executor/parse-command.ts';
import { formatUsageError } from '../cli/usage.ts';
import { chooseCluster } from '../config/choose-cluster.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { parseIssuers } from '../identity/issuers.ts';
import { parseIdentities } from '../image/identities.ts';
import { UnusableFile } from '../lib/unusable-file.ts';
import { parsePools } from '../policy/parse-pools.ts';
import { parseTenants } from '../policy/parse-tenants.ts';
import { createLogger } from '../telemetry/logger.ts';
import { prettyDestination } from '../telemetry/pretty.ts';
import { answerAuthz } from './authz-test.ts';
import { check } from './check.ts';
import { imageSourcesProblems } from './images.ts';
import { readPolicy } from './policy.ts';
import { serve } from './serve.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The configuration, or exit code 2 after every problem was told. */
function configure(command: 'serve' | 'check', argv: readonly string[]) {
  const loaded = loadConfig({
    argv,
    env: process.env,
    readFile: (path) => readFileSync(path, 'utf8'),
    checks: {
      resources: (value, path) => {
        const parsed = parsePools(value, path);
        return parsed.ok ? [] : parsed.problems;
      },
      'identity.jwt': (value, path) => {
        const parsed = parseIssuers(value, path);
        return parsed.ok ? [] : parsed.problems;
      },
      'images.sources': imageSourcesProblems,
      'images.identities': (value, path) => {
        const parsed = parseIdentities(value, path);
        return parsed.ok ? [] : parsed.problems;
      },
      tenantDefaults: (value, path) => {
        const parsed = parseTenants(value, path);
        return parsed.ok ? [] : parsed.problems;
      },
    },
  });
  if (loaded.ok) return loaded.config;
  for (const problem of loaded.problems) console.error(formatProblem(problem));
  console.error(`See '${program} ${command} --help'.`);
  return undefined;
}

/** The process edge of `glip-executor`. Resolves with the exit code: 0 done, 1 failed, 2 wrong use. */
export async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseCommand(argv);
  if (!parsed.ok) {
    process.stderr.write(formatUsageError(program, parsed));
    return 2;
  }
  const { value } = parsed;
  switch (value.command) {
    case 'help':
      process.stdout.write(executorHelp(value.topic));
      return 0;
    case 'version':
      process.stdout.write(
        value.output === 'json'
          ? `${JSON.stringify({ version, node: process.version })}\n`
          : `${program} ${version} (Node ${process.version})\n`,
      );
      return 0;
    case 'check':
      return ask(value);
    case 'authz':
      return askPolicy(value.question, value.output);
    case 'serve':
      return run(value.argv);
    default: {
      const never: never = value;
      return never;
    }
  }
}

/** Ctrl-C ends a canary, which takes away what it has made first. */
async function ask({
  argv,
  output,
  canary,
}: Extract<ExecutorCommand, { command: 'check' }>): Promise<number> {
  const config = configure('check', argv);
  if (config === undefined) return 2;
  const signal = stopOnSignals(() => console.error('left at once: what the check has made may be left over'));
  const tell = (line: string) => void process.stderr.write(`${line}\n`);
  const report = await check(config, { canary, signal, tell });
  process.stdout.write(renderChecks(report, output));
  return checkExitCode(report);
}

/** A policy that is wrong is told as a configuration is: every problem, and exit code 2. */
function askPolicy(question: AuthzQuestion, output: Output): number {
  const config = configure('serve', question.config === undefined ? [] : ['--config', question.config]);
  if (config === undefined) return 2;
  const pools = parsePools(config.resources);
  const file = question.policy ?? config.policyFile;
  if (file === undefined || !pools.ok) {
    console.error('flag --policy: is required, as the configuration has no policyFile');
    return 2;
  }
  try {
    const { text, exitCode } = answerAuthz(
      readPolicy(readFileSync(file, 'utf8'), pools.value),
      question,
      output,
    );
    (exitCode === 2 ? process.stderr : process.stdout).write(text);
    return exitCode;
  } catch (error) {
    const problems = error instanceof UnusableFile ? error.problems : [`cannot be read: ${String(error)}`];
    for (const problem of problems) console.error(`${file}: ${problem}`);
    return 2;
  }
}

async function run(argv: readonly string[]): Promise<number> {
  const config = configure('serve', argv);
  if (config === undefined) return 2;
  const pools = parsePools(config.resources);
  if (!pools.ok) return 2;
  const destination = config.logFormat === 'pretty' ? prettyDestination(process.stdout) : process.stdout;
  const logger = createLogger({ level: config.logLevel, destination });
  // A log that nobody takes any more, or a full disk below it, ends no steps.
  process.stdout.on('error', () => undefined);
  const stopping = stopOnSignals((reason) =>
    logger.warn({ reason }, 'told to stop once more: leaving at once'),
  );
  const choice = chooseCluster(config, { env: process.env, exists: existsSync });
  const identity = `${program} on ${hostname()}`;
  try {
    await serve({ config, pools: pools.value, choice, logger, identity, version, signal: stopping });
    return 0;
  } catch (err) {
    logger.fatal({ err }, 'cannot go on');
    return 1;
  }
}

/** npm passes on a Ctrl-C that the terminal has sent already: what comes so soon is the same one. */
const sameMs = 500;

/** Aborted by the first SIGTERM or SIGINT; a second one does not wait for what is open. */
function stopOnSignals(onSecond: (reason: string) => void): AbortSignal {
  const stopping = new AbortController();
  let first: number | undefined;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const now = performance.now();
      first ??= now;
      stopping.abort(signal);
      if (now - first < sameMs) return;
      onSecond(signal);
      process.exit(1);
    });
  }
  return stopping.signal;
}
