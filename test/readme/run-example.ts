import type { ExecutorProcess } from '../clients/support/executor-process.ts';
import { type Output, type RunOptions, run } from '../clients/support/run.ts';
import type { Example } from './examples.ts';

/** Where the documents say that an executor listens: its defaults. */
export const documented = { grpc: '127.0.0.1:7070', http: '127.0.0.1:7080' } as const;

/** Runs an example as it is written, but for the addresses: several tests run side by side. A failing command ends it. */
export function runExample(
  example: Example,
  executor: Pick<ExecutorProcess, 'grpc' | 'http'>,
  { python, ...options }: RunOptions & { readonly python?: string } = {},
): Promise<Output> {
  const code = example.code
    .replaceAll(documented.grpc, executor.grpc)
    .replaceAll(documented.http, executor.http);
  switch (example.language) {
    case 'sh':
      return runShell(code, options);
    case 'python':
      return run(python ?? 'python3', ['-c', code], options);
    default:
      throw new Error(`nobody knows how to run an example in ${example.language}`);
  }
}

/** Runs commands in bash; a failing one ends them. */
export function runShell(code: string, options: RunOptions = {}): Promise<Output> {
  // Node's pipes are sockets, and bash then takes itself for a remote shell and would read the user's own settings.
  return run('bash', ['--norc', '--noprofile', '-eu', '-o', 'pipefail', '-c', code], options);
}

/** The JSON objects that a program has printed, one after the other without anything between them but space. */
export function objectsOf(text: string): readonly unknown[] {
  return text.split(/(?<=\})\s*(?=\{)/).reduce<{ done: unknown[]; rest: string }>(
    ({ done, rest }, part) => {
      try {
        return { done: [...done, JSON.parse(rest + part)], rest: '' };
      } catch {
        // The cut was inside an object.
        return { done, rest: rest + part };
      }
    },
    { done: [], rest: '' },
  ).done;
}
