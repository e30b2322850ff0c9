import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { until } from '../../support/control-plane/until.ts';
import { ended } from './run.ts';

/** A client in some language: `ADDRESS COMMAND [flags]`, one JSON object a line. */
export interface ClientProgram {
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
}

/** A line of what a client says; which members are there depends on what it is of. */
export interface Said {
  readonly frame?:
    | 'snapshot'
    | 'update'
    | 'heartbeat'
    | 'goodbye'
    | 'reconnecting'
    | 'synced'
    | 'end'
    | 'line'
    | 'gap';
  readonly code?: string;
  readonly cursor?: string;
  readonly step?: string;
  readonly state?: string;
  readonly phase?: string;
  readonly reason?: string;
  readonly cancelled?: string;
  readonly created?: boolean;
  readonly acknowledged?: string;
  readonly transition?: boolean;
  readonly transitions?: number;
  /** How many steps a start has told. */
  readonly steps?: number;
  readonly replayed?: boolean;
  readonly error?: string;
  readonly message?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly { readonly field: string; readonly description: string }[];
}

/** A client that runs. */
export interface RunningClient {
  readonly said: readonly Said[];
  /** Resolves with the first line from the given place on that fits. */
  saying(what: string, fits: (said: Said) => boolean, from?: number): Promise<Said>;
  /** Resolves with its exit code. */
  readonly exited: Promise<number>;
  kill(): void;
}

const withinMs = 60_000;

/** Starts a client. */
export function startClient(program: ClientProgram, args: readonly string[]): RunningClient {
  const [file, ...first] = program.command;
  const child = spawn(file, [...first, ...args], {
    env: { ...process.env, ...program.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Said[] = [];
  const complaints: string[] = [];
  createInterface(child.stdout).on('line', (line) => said.push(JSON.parse(line) as Said));
  createInterface(child.stderr).on('line', (line) => complaints.push(line));
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  let over = false;
  const exited = ended(child).finally(() => {
    over = true;
    process.off('exit', kill);
  });
  const tell = (): string => [...said.map((line) => JSON.stringify(line)), ...complaints].join('\n');
  return {
    said,
    exited,
    kill,
    async saying(what, fits, from = 0) {
      const giveUp = () => {
        if (over && !said.slice(from).some(fits)) throw new Error(`${what}: the client has ended\n${tell()}`);
      };
      const find = () => said.slice(from).find(fits);
      return until(what, find, { timeoutMs: withinMs, everyMs: 10, giveUp }).catch((error: Error) => {
        throw new Error(`${error.message}\n${tell()}`);
      });
    },
  };
}

/** Runs a client to its end. */
export async function runClient(
  program: ClientProgram,
  args: readonly string[],
): Promise<{ readonly code: number; readonly said: readonly Said[] }> {
  const client = startClient(program, args);
  const timer = setTimeout(client.kill, withinMs);
  const code = await client.exited;
  clearTimeout(timer);
  return { code, said: client.said };
}
