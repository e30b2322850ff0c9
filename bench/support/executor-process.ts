import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Address, parseAddress } from '../../src/config/address.ts';

/** `glip-executor serve` as a process of its own, as it is in production. */
export interface ExecutorProcess {
  readonly pid: number;
  readonly grpc: Address;
  readonly http: Address;
  /** Lines of its log from `warn` on. */
  readonly complaints: readonly string[];
  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<void>;
}

interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly grpc?: string;
  readonly http?: string;
}

export interface ExecutorProcessOptions {
  readonly kubeconfig: string;
  readonly flags?: readonly string[];
  /** Of node: `--cpu-prof`. */
  readonly nodeFlags?: readonly string[];
  /** Folder of another checkout whose executor is started; this one's by default. */
  readonly checkout?: string;
  /** Called when it listens, before it knows its cluster. */
  readonly onListening?: (addresses: Pick<ExecutorProcess, 'pid' | 'grpc' | 'http'>) => void;
}

/** As `npm run serve` starts it: young objects get 16 MiB and not 64, which costs a twentieth more CPU time at the start. */
const production = ['--max-semi-space-size=8'];

/** Resolves when it serves. */
export async function startExecutorProcess(options: ExecutorProcessOptions): Promise<ExecutorProcess> {
  const checkout = options.checkout ?? fileURLToPath(new URL('../..', import.meta.url));
  const main = join(checkout, 'src', 'main.ts');
  const free = ['--grpc-address', '127.0.0.1:0', '--http-address', '127.0.0.1:0', '--drain-timeout', '0s'];
  const cluster = ['--cluster', 'kubernetes', '--kubeconfig', options.kubeconfig];
  const args = [
    ...(options.checkout === undefined ? production : []),
    ...(options.nodeFlags ?? []),
    main,
    'serve',
    ...free,
    ...cluster,
    // No cluster that is measured has a registry; an older checkout knows no such flags.
    ...(options.checkout === undefined
      ? ['--images-sources', '*', '--images-resolve', 'off', '--images-signatures', 'not-required']
      : []),
    ...(options.flags ?? []),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const complaints: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const addresses = await new Promise<{ grpc: Address; http: Address }>((resolve, reject) => {
    let listening: { grpc: Address; http: Address } | undefined;
    void gone.then(() => reject(new Error(`the executor did not start: ${complaints.join('\n')}`)));
    lines.on('line', (line) => {
      const entry = JSON.parse(line) as LogLine;
      if (isComplaint(entry)) complaints.push(line);
      if (entry.msg === 'listening') {
        listening = { grpc: address(entry.grpc), http: address(entry.http) };
        options.onListening?.({ pid: child.pid ?? 0, ...listening });
      }
      if (entry.msg.startsWith('serving') && listening !== undefined) resolve(listening);
    });
  });
  return {
    pid: child.pid ?? 0,
    ...addresses,
    complaints,
    async stop() {
      child.kill('SIGTERM');
      await gone;
      process.off('exit', endWithUs);
    },
  };
}

const isComplaint = ({ level }: LogLine): boolean => ['warn', 'error', 'fatal'].includes(level);

function address(text = ''): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}
