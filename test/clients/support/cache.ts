import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { withLock } from '../../support/control-plane/lock.ts';
import { root } from './paths.ts';

/** Takes one line of progress. */
export type Report = (line: string) => void;

const tellEveryMs = 10_000;

/** A folder outside the checkout that is made once for all that it is made from, and is used by every later run. */
export interface Cached {
  /** What it is, for people and for its name. */
  readonly name: string;
  /** Files and folders, and other facts, that it is made from. */
  readonly from: readonly string[];
  readonly facts?: readonly string[];
  /** Fills the folder, which exists and is empty. */
  readonly make: (directory: string, note: Report) => Promise<void>;
}

/** Returns the folder, and makes it first if need be. Of several processes that ask at once one makes it. */
export async function ensureCached(cached: Cached, report: Report = console.error): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'glip-executor');
  const directory = join(cache, `${cached.name}-${fingerprint(cached)}`);
  const complete = join(directory, '.complete');
  if (existsSync(complete)) return directory;
  await mkdir(cache, { recursive: true });
  const waiting = progress(report, `${cached.name}: another process makes it`);
  try {
    return await withLock(
      `${directory}.lock`,
      () => undefined,
      async () => {
        waiting.stop();
        if (existsSync(complete)) return directory;
        // What an interrupted run has left is not trusted.
        await rm(directory, { recursive: true, force: true });
        await mkdir(directory);
        const making = progress(report, `${cached.name}: making it, once`);
        try {
          await cached.make(directory, making.note);
        } finally {
          making.stop();
        }
        await writeFile(complete, '');
        report(`${cached.name}: ready after ${making.seconds()} s`);
        return directory;
      },
    );
  } finally {
    waiting.stop();
  }
}

/** Tells every few seconds that something still goes on, with the last note of what it does. */
function progress(report: Report, what: string) {
  const started = Date.now();
  let last = '';
  const seconds = (): number => Math.round((Date.now() - started) / 1000);
  const timer = setInterval(() => report(`${what}, ${seconds()} s${last && `, now ${last}`}`), tellEveryMs);
  return {
    seconds,
    note: (line: string) => {
      last = line;
    },
    stop: () => clearInterval(timer),
  };
}

function fingerprint({ from, facts = [] }: Cached): string {
  const hash = createHash('sha256');
  for (const fact of facts) hash.update(`${fact}\0`);
  for (const file of from.flatMap(filesOf)) {
    hash.update(`${relative(root, file).replaceAll('\\', '/')}\0`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 12);
}

function filesOf(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path];
  const entries = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  return entries.map((entry) => join(path, entry)).filter((file) => statSync(file).isFile());
}
