import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Where a figure was taken; nothing that names the machine. */
export function circumstances() {
  return {
    date: new Date().toISOString(),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    node: process.version,
    cores: availableParallelism(),
    /** Of the minute before: above 0 something else was running too. */
    loadBefore: loadavg()[0],
  };
}

/** Keeps a result in bench/results. A quick run proves that the bench works, and is no result. */
export function keep(name: string, result: object, quick: boolean): void {
  if (quick) return;
  const path = fileURLToPath(new URL(`../results/${name}.json`, import.meta.url));
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`kept in ${path}`);
}

/** So that an interrupted bench runs its exit handlers, which end what it has started. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

/** A progress line, to stderr: stdout is for figures. */
export const tell = (text: string): void => void process.stderr.write(`${text}\n`);
