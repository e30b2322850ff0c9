import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export type ComponentName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kwok';

export type ComponentSignal = 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

/** One running program: of the control plane, unless it says otherwise. */
export interface Component<N extends string = ComponentName> {
  readonly name: N;
  readonly pid: number;
  readonly logPath: string;
  /** Resolves when the program has ended, with its exit code (128 + signal when it was killed). Never rejects. */
  readonly ended: Promise<number>;
  /** The exit code, once it has ended. */
  readonly exitCode: () => number | undefined;
  readonly signal: (signal: ComponentSignal) => void;
}

export interface ComponentCommand<N extends string = ComponentName> {
  readonly name: N;
  readonly binary: string;
  readonly args: readonly string[];
  readonly logPath: string;
  /** The `supervise` program: it kills the component when this process ends, however it ends. */
  readonly supervisor: string;
}

/** Starts a program under the supervisor; resolves as soon as it has a pid, which says nothing about being ready. */
export async function startComponent<N extends string>(command: ComponentCommand<N>): Promise<Component<N>> {
  const { name, logPath } = command;
  const child = spawn(command.supervisor, [logPath, command.binary, ...command.args], {
    // GODEBUG and proxies of the developer's shell are none of the control plane's business.
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // Writing to a supervisor that has just ended is no fault: `ended` tells.
  child.stdin.on('error', () => {});
  let exitCode: number | undefined;
  const ended = new Promise<number>((resolve) => {
    child.once('close', (code) => {
      exitCode = code ?? 1;
      resolve(exitCode);
    });
  });
  const pid = await firstPid(name, child);
  return {
    name,
    pid,
    logPath,
    ended,
    exitCode: () => exitCode,
    signal: (signal) => void (child.stdin.writable && child.stdin.write(`${signal}\n`)),
  };
}

/** The end of its log, for error messages. */
export function logTail(logPath: string, lines = 15): string {
  try {
    return readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

function firstPid(name: string, child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<number> {
  return new Promise((resolve, reject) => {
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      complaint += chunk;
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error(`${name} did not start: ${complaint.trim()}`)));
    createInterface(child.stdout).on('line', (line) => {
      const pid = /^pid (\d+)$/.exec(line)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
  });
}
