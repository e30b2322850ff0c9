import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Address, parseAddress } from '../../src/config/address.ts';
import type { ClusterAccess } from '../../src/kube/kubeconfig.ts';
import { connect, type ExecutorClient } from './client.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';

/** An executor in a process of its own, as people start it. */
export interface ExecutorProcess {
  readonly pid: number;
  readonly grpc: Address;
  readonly http: Address;
  readonly client: ExecutorClient;
  /** Bytes in use after a full garbage collection. */
  memory(): Promise<number>;
  /** Lines of its log at level `error` or worse: the first hundred. */
  readonly errors: readonly string[];
  /** Resolves with the exit code when it has ended, however that came. */
  readonly ended: Promise<number>;
  /** SIGTERM; resolves with the exit code. Idempotent. */
  stop(): Promise<number>;
  /** SIGKILL: nothing is said to anybody. Resolves when it is gone. */
  kill(): Promise<void>;
}

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const probe = join(import.meta.dirname, 'memory-probe.mjs');

/** Resolves when it serves. `signal` kills it, also before that; the start then rejects. */
export async function startExecutorProcess(
  access: ClusterAccess,
  flags: readonly string[] = [],
  signal?: AbortSignal,
): Promise<ExecutorProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'glip-executor-'));
  const kubeconfig = await kubeconfigFile(access, directory);
  const listen = ['--grpc-address', '127.0.0.1:0', '--http-address', '127.0.0.1:0'];
  const cluster = ['--cluster', 'kubernetes', '--kubeconfig', kubeconfig];
  // No cluster of a test has a registry.
  const images = ['--images-sources', '*', '--images-resolve', 'off', '--images-signatures', 'not-required'];
  const child = fork(main, ['serve', ...cluster, ...listen, ...images, ...flags], {
    execArgv: ['--expose-gc', '--import', probe],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const end = () => void child.kill('SIGKILL');
  process.once('exit', end);
  signal?.addEventListener('abort', end, { once: true });
  const ended = once(child, 'exit').then(async ([code]) => {
    process.off('exit', end);
    signal?.removeEventListener('abort', end);
    await rm(directory, { recursive: true, force: true });
    return (code as number | null) ?? 1;
  });
  if (signal?.aborted) end();
  const log = readLog(child, ended);
  const { grpc, http } = await log.line('listening');
  await log.line('serving: the cluster is known');
  const address = addressOf(grpc);
  const client = connect(address);
  return {
    pid: child.pid ?? 0,
    grpc: address,
    http: addressOf(http),
    client,
    errors: log.errors,
    ended,
    async memory() {
      child.send('now');
      const [usage] = await once(child, 'message');
      return usage.heapUsed + usage.external;
    },
    stop() {
      client.close();
      child.kill('SIGTERM');
      return ended;
    },
    async kill() {
      client.close();
      end();
      await ended;
    },
  };
}

type Line = Readonly<Record<string, string>>;

const keptErrors = 100;

/** Waits for log lines by their message; keeps those that tell of defects. */
function readLog(child: ChildProcess, ended: Promise<number>) {
  const milestones = new Map<string, Line>();
  const errors: string[] = [];
  const wakes = new Set<() => void>();
  let last = '';
  if (child.stdout === null) throw new Error('the log is not piped');
  createInterface(child.stdout).on('line', (text) => {
    last = text;
    const line = parseLine(text);
    if (line.level === 'info') milestones.set(line.msg ?? '', line);
    if ((line.level === 'error' || line.level === 'fatal') && errors.length < keptErrors) errors.push(text);
    for (const wake of wakes) wake();
  });
  const line = (msg: string): Promise<Line> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = milestones.get(msg);
        if (found === undefined) return;
        wakes.delete(look);
        resolve(found);
      };
      wakes.add(look);
      look();
      void ended.then((code) =>
        reject(new Error(`the executor ended with ${code} before "${msg}": ${last}`)),
      );
    });
  return { line, errors };
}

/** A kill may cut a line short. */
function parseLine(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return {};
  }
}

function addressOf(text: string | undefined): Address {
  const parsed = parseAddress(text ?? '');
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}
