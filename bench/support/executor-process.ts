import { spawn } from 'node:child_process';
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
}

/** Resolves when it serves. */
export async function startExecutorProcess(options: ExecutorProcessOptions): Promise<ExecutorProcess> {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const free = ['--grpc-address', '127.0.0.1:0', '--http-address', '127.0.0.1:0', '--drain-timeout', '0s'];
  const cluster = ['--cluster', 'kubernetes', '--kubeconfig', options.kubeconfig];
  const args = [...(options.nodeFlags ?? []), main, 'serve', ...free, ...cluster, ...(options.flags ?? [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const complaints: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const addresses = await new Promise<{ grpc: Address; http: Address }>((resolve, reject) => {
    let listening: LogLine | undefined;
    void gone.then(() => reject(new Error(`the executor did not start: ${complaints.join('\n')}`)));
    lines.on('line', (line) => {
      const entry = JSON.parse(line) as LogLine;
      if (isComplaint(entry)) complaints.push(line);
      if (entry.msg === 'listening') listening = entry;
      if (entry.msg.startsWith('serving') && listening !== undefined) {
        resolve({ grpc: address(listening.grpc), http: address(listening.http) });
      }
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
