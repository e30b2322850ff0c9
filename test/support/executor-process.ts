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
  readonly grpc: Address;
  readonly http: Address;
  readonly client: ExecutorClient;
  /** Bytes in use after a full garbage collection. */
  memory(): Promise<number>;
  /** SIGTERM; resolves with the exit code. Idempotent. */
  stop(): Promise<number>;
}

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const probe = join(import.meta.dirname, 'memory-probe.mjs');

/** Resolves when it serves. */
export async function startExecutorProcess(
  access: ClusterAccess,
  flags: readonly string[] = [],
): Promise<ExecutorProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'glip-executor-'));
  const kubeconfig = await kubeconfigFile(access, directory);
  const free = '127.0.0.1:0';
  const child = fork(
    main,
    [
      'serve',
      '--cluster',
      'kubernetes',
      '--kubeconfig',
      kubeconfig,
      '--grpc-address',
      free,
      '--http-address',
      free,
      ...flags,
    ],
    { execArgv: ['--expose-gc', '--import', probe], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  );
  const ended = once(child, 'exit').then(([code]) => (code as number | null) ?? 1);
  const lines = readLog(child);
  const { grpc, http } = await lines('listening', ended);
  await lines('serving: the cluster is known', ended);
  const address = addressOf(grpc);
  const client = connect(address);
  let stopped: Promise<number> | undefined;
  const stop = async (): Promise<number> => {
    client.close();
    child.kill('SIGTERM');
    const code = await ended;
    await rm(directory, { recursive: true, force: true });
    return code;
  };
  return {
    grpc: address,
    http: addressOf(http),
    client,
    async memory() {
      child.send('now');
      const [usage] = await once(child, 'message');
      return usage.heapUsed + usage.external;
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

type Line = Readonly<Record<string, string>>;

/** Waits for log lines by their message. */
function readLog(child: ChildProcess) {
  const seen: Line[] = [];
  const wakes = new Set<() => void>();
  if (child.stdout === null) throw new Error('the log is not piped');
  createInterface(child.stdout).on('line', (text) => {
    seen.push(JSON.parse(text) as Line);
    for (const wake of wakes) wake();
  });
  return (msg: string, ended: Promise<number>): Promise<Line> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const line = seen.find((l) => l.msg === msg);
        if (line === undefined) return;
        wakes.delete(look);
        resolve(line);
      };
      wakes.add(look);
      look();
      void ended.then((code) =>
        reject(new Error(`the executor ended with ${code} before "${msg}": ${JSON.stringify(seen.at(-1))}`)),
      );
    });
}

function addressOf(text: string | undefined): Address {
  const parsed = parseAddress(text ?? '');
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}
