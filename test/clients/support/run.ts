import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Given to the program's standard input, which then ends. */
  readonly input?: string;
  /** The program is killed after so long; 60 s by default. */
  readonly timeoutMs?: number;
  /** Told of each line of standard output and standard error as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface Output {
  /** Exit code; -1 when a signal ended the program. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Rejects only when it cannot be started or takes too long. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Output> {
  const { timeoutMs = 60_000, onLine, input } = options;
  const child = spawn(program, args, {
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: options.env ?? process.env,
    stdio: 'pipe',
  });
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface(child[stream]).on('line', (line) => {
      printed[stream] += `${line}\n`;
      onLine?.(line);
    });
  }
  // A program that ends without reading its input is no error of ours.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  try {
    const code = await ended(child);
    if (late) throw new Error(`${program} ${args.join(' ')}: not within ${timeoutMs} ms\n${printed.stderr}`);
    return { code, ...printed };
  } finally {
    clearTimeout(timer);
  }
}

/** As run(), and throws with the last of what was printed unless the program ends with 0. */
export async function runOk(program: string, args: readonly string[], options?: RunOptions): Promise<Output> {
  const output = await run(program, args, options);
  if (output.code === 0) return output;
  const tail = (text: string): string => text.split('\n').slice(-40).join('\n');
  const text = `${tail(output.stdout)}${tail(output.stderr)}`;
  throw new Error(`${program} ${args.join(' ')}: exit code ${output.code}\n${text}`);
}

/** Resolves with the exit code when the program has ended and all that it printed is there. */
export function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
}
