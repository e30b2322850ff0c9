import { spawnSync } from 'node:child_process';
import { missingBinaries } from '../../support/control-plane/binaries.ts';

/** Something of the machine that a suite needs. */
export interface Requirement {
  readonly what: string;
  readonly isThere: () => boolean;
  /** How to get it, for people. */
  readonly remedy: string;
}

const works = (program: string, ...args: string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;

export const python: Requirement = {
  what: 'Python 3.10 or newer with venv',
  isThere: () => works('python3', '-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'),
  remedy: 'install Python 3.10 or newer; on Debian and Ubuntu also the package python3-venv',
};

export const go: Requirement = {
  what: 'Go',
  isThere: () => works('go', 'version'),
  remedy: 'install Go 1.26 or newer, so that "go version" works',
};

export const curl: Requirement = {
  what: 'curl',
  isThere: () => works('curl', '--version'),
  remedy: 'install curl',
};

/** It is built from Go modules when it is wanted. */
export const cyclonus: Requirement = {
  what: 'the program that asks cyclonus',
  isThere: () => missingBinaries(['reachability']).length === 0 || go.isThere(),
  remedy: go.remedy,
};

const binaries = ['grpcurl', 'grpc-health-probe'] as const;

export const grpcTools: Requirement = {
  what: binaries.join(' and '),
  isThere: () => missingBinaries(binaries).length === 0,
  remedy: `with Go 1.26, run: node test/support/control-plane/build.ts --only ${binaries.join(',')}`,
};

/**
 * What is not there, for `describe.skipIf`: true after a line that says how to get it. Under CI=true never, so that suites
 * fail for what they lack.
 */
export function lacks(
  suite: string,
  needs: readonly Requirement[],
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  if (env.CI === 'true') return false;
  const missing = needs.filter((need) => !need.isThere());
  for (const { what, remedy } of missing) {
    console.warn(`SKIPPED: ${suite}, because ${what} cannot be found. To run it: ${remedy}`);
  }
  return missing.length > 0;
}
