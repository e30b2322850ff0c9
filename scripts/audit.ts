import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { root } from './dependencies/lockfile.ts';

/** What is known of the packages of the lock file today. */
export type Audit =
  | { readonly kind: 'clean'; readonly packages: number }
  | { readonly kind: 'found'; readonly advisories: readonly string[] }
  /** Nobody could be asked; nothing is known. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Reads what `npm audit --json` says. What cannot be read is unknown, never clean. */
export function auditOf(json: string): Audit {
  let answer: unknown;
  try {
    answer = JSON.parse(json);
  } catch {
    return { kind: 'unknown', why: 'the answer cannot be read' };
  }
  const { message, vulnerabilities, metadata } = (answer ?? {}) as {
    readonly message?: string;
    readonly vulnerabilities?: Readonly<
      Record<string, { readonly severity: string; readonly range: string }>
    >;
    readonly metadata?: { readonly dependencies?: { readonly total?: number } };
  };
  if (vulnerabilities === undefined)
    return { kind: 'unknown', why: message ?? 'no vulnerabilities in the answer' };
  const advisories = Object.entries(vulnerabilities).map(
    ([name, { severity, range }]) => `${name} ${range}: ${severity}`,
  );
  if (advisories.length > 0) return { kind: 'found', advisories };
  return { kind: 'clean', packages: metadata?.dependencies?.total ?? 0 };
}

const exitCodes = { clean: 0, found: 1, unknown: 2 } as const;

/**
 * Asks the registry what is known against the packages of the lock file. No part of `verify` or of the tests: what was green must not
 * be red the day after without a change, nor where there is no network. Exit code 0 clean, 1 found, 2 unknown.
 */
function main(): number {
  const args = ['audit', '--json', '--audit=true', '--fetch-retries=1', '--fetch-timeout=20000'];
  const { stdout, error } = spawnSync('npm', args, { cwd: fileURLToPath(root), encoding: 'utf8' });
  const audit: Audit = error === undefined ? auditOf(stdout) : { kind: 'unknown', why: error.message };
  switch (audit.kind) {
    case 'clean':
      console.log(`audit: nothing is known against ${audit.packages} packages`);
      break;
    case 'found':
      for (const line of audit.advisories) console.log(line);
      console.log(`audit: ${audit.advisories.length} packages with advisories; npm audit has the details`);
      break;
    case 'unknown':
      console.log(`audit: unknown, the registry does not answer (${audit.why})`);
      break;
  }
  return exitCodes[audit.kind];
}

if (import.meta.main) process.exitCode = main();
