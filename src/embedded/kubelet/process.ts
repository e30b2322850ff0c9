import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { LogFile } from './log-file.ts';
import type { Watchdog } from './watchdog.ts';

/** A program could not be started at all. */
export class StartError extends Error {}

export type Program = {
  readonly pid: number;
  /** Resolves when the program has ended, and all of its process group with it, to its exit code: 128+N after signal N. */
  readonly exited: Promise<number>;
  alive(): boolean;
  /** SIGTERM goes to the program alone, as to a container's first process. */
  terminate(): void;
  /** SIGKILL goes to the whole process group. */
  kill(): void;
};

/** Time for output that is still in the pipes after the program's end. */
const DRAIN_LIMIT = 1_000;

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing of the group is left.
  }
}

/** Starts a program in a process group of its own, its output going to the log. Rejects with StartError. */
export function startProgram(
  command: readonly [string, ...string[]],
  options: {
    readonly cwd: string;
    readonly env: Record<string, string>;
    readonly log: LogFile;
    readonly watchdog: Watchdog;
  },
): Promise<Program> {
  const { cwd, env, log, watchdog } = options;
  const [file, ...args] = command;
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk: Buffer) => log.append('stdout', chunk));
  child.stderr.on('data', (chunk: Buffer) => log.append('stderr', chunk));
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      log.end();
      reject(new StartError(`failed to create containerd task: exec: "${file}": ${error.message}: unknown`));
    });
    child.once('spawn', () => {
      const pid = child.pid ?? 0;
      watchdog.add(pid);
      const closed = new Promise<void>((done) => child.once('close', () => done()));
      const exited = new Promise<number>((done) => {
        child.once('exit', (code, signal) => {
          signalGroup(pid, 'SIGKILL');
          watchdog.remove(pid);
          const timer = setTimeout(finish, DRAIN_LIMIT);
          void closed.then(finish);
          function finish(): void {
            clearTimeout(timer);
            child.stdout.destroy();
            child.stderr.destroy();
            log.end();
            done(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
          }
        });
      });
      const running = () => child.exitCode === null && child.signalCode === null;
      resolve({
        pid,
        exited,
        alive: running,
        terminate: () => void (running() && child.kill('SIGTERM')),
        kill: () => void (running() && signalGroup(pid, 'SIGKILL')),
      });
    });
  });
}
