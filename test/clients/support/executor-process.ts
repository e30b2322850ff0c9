import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './paths.ts';
import { ended } from './run.ts';

export interface ExecutorProcessOptions {
  /** Flags of `glip-executor serve`, after those for the embedded cluster and free ports; the last one wins. */
  readonly flags?: readonly string[];
  /** False returns as soon as it listens, for an executor that never knows its cluster. */
  readonly serving?: boolean;
}

/** An executor as users run it: a process of its own. */
export interface ExecutorProcess {
  /** HOST:PORT. */
  readonly grpc: string;
  readonly http: string;
  /** Asks it to stop, and returns at once. */
  terminate(): void;
  /** Resolves with its exit code. */
  readonly exited: Promise<number>;
  /** Stops it and takes away what it has written. */
  stop(): Promise<void>;
}

interface LogLine {
  readonly msg: string;
  readonly grpc?: string;
  readonly http?: string;
}

const startsWithinMs = 60_000;
const stopsWithinMs = 60_000;

/** Starts an executor on its embedded cluster, and resolves when it serves. */
export async function startExecutorProcess(options: ExecutorProcessOptions = {}): Promise<ExecutorProcess> {
  const { flags = [], serving = true } = options;
  const directory = await mkdtemp(join(tmpdir(), 'glip-client-test-'));
  const free = ['--grpc-address', '127.0.0.1:0', '--http-address', '127.0.0.1:0'];
  const embedded = ['--cluster', 'embedded', '--embedded-work-dir', directory];
  const child = spawn(process.execPath, ['src/main.ts', 'serve', ...free, ...embedded, ...flags], {
    cwd: root,
    env: withoutSettings(process.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = ended(child);
  const kill = () => void child.kill('SIGKILL');
  // Nothing stays behind when the test process ends before its hooks have run.
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(kill, stopsWithinMs);
    const code = await exited;
    clearTimeout(timer);
    process.off('exit', kill);
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    if (code !== 0) throw new Error(`the executor ended with ${code}`);
  };
  const printed: string[] = [];
  const addresses = await new Promise<{ grpc: string; http: string }>((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      kill();
      reject(new Error(`the executor ${why}\n${printed.slice(-20).join('\n')}`));
    };
    const timer = setTimeout(fail, startsWithinMs, `did not serve within ${startsWithinMs} ms`);
    exited.then(
      (code) => fail(`ended with ${code}`),
      (error: Error) => fail(error.message),
    );
    let listening: { grpc: string; http: string } | undefined;
    createInterface(child.stderr).on('line', (line) => printed.push(line));
    createInterface(child.stdout).on('line', (line) => {
      printed.push(line);
      const { msg, grpc, http } = JSON.parse(line) as LogLine;
      if (msg === 'listening' && grpc && http) listening = { grpc, http };
      if (listening === undefined || (serving && !msg.startsWith('serving'))) return;
      clearTimeout(timer);
      resolve(listening);
    });
  }).catch(async (error: unknown) => {
    await rm(directory, { recursive: true, force: true });
    throw error;
  });
  return { ...addresses, terminate: () => void child.kill('SIGTERM'), exited, stop };
}

/** The settings of whoever runs the tests are not those of the tests. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GLIP_EXECUTOR_')));
}
