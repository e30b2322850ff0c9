import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { installCiliumPackages, whyNoPolicies } from './support/cilium/packages.ts';
import {
  type BinaryName,
  binariesOf,
  ciliumBinaries,
  controlPlaneBinaries,
} from './support/control-plane/binaries.ts';
import { ensureBinaries } from './support/control-plane/build.ts';
import { installPackages, whyNoContainers } from './support/node/packages.ts';

/** A set of test files that needs the same things of the machine. */
interface Tier {
  readonly name: string;
  readonly what: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Programs that are built from Go modules before it runs. */
  readonly programs: readonly BinaryName[];
  /** Why it cannot run on this machine, and what mends it. Asked before anything is built, except under CI=true. */
  readonly why?: () => string | undefined;
  /** What CI=true does first. */
  readonly prepare?: (report: (line: string) => void) => Promise<void>;
  /** More arguments for vitest. */
  readonly args?: readonly string[];
  /** It runs always, under CI=true only, or only when it is asked for by name. */
  readonly when: 'always' | 'ci' | 'named';
}

const real = '**/*.real.test.ts';
const wire = '**/*.wire.test.ts';
const node = '**/*.node.test.ts';
const oldest = '**/*.oldest.test.ts';
const egress = '**/*.egress.test.ts';

const tiers: readonly Tier[] = [
  {
    name: 'unit',
    what: 'pure code, tables, properties, golden files and the model checker',
    include: ['test/unit', 'test/golden', 'test/model', 'test/fuzz/parsers'],
    exclude: [real, wire, node, oldest, egress],
    programs: [],
    when: 'always',
  },
  {
    name: 'integration',
    what: 'the edges against real sockets and misbehaving servers',
    include: ['test/integration', 'test/faults', 'test/support', 'test/fuzz/hostile'],
    exclude: [real, wire, node, oldest, egress],
    programs: [],
    when: 'always',
  },
  {
    name: 'contract',
    what: 'the contract suite on the embedded cluster',
    include: ['test/contract', 'test/readme'],
    exclude: [real, wire, node, oldest, egress],
    programs: [],
    when: 'always',
  },
  {
    name: 'wire',
    what: 'grpcurl, grpc-health-probe, Python and Go clients; policies as cyclonus reads them; images of a real registry, signed by cosign',
    include: ['.wire.test.ts'],
    exclude: [real, node, oldest],
    programs: ['grpcurl', 'grpc-health-probe', 'reachability', 'registry', 'cosign', 'sigstore'],
    when: 'ci',
  },
  {
    name: 'real',
    what: 'the contract suite on a real Kubernetes control plane',
    include: ['.real.test.ts'],
    exclude: [node, oldest],
    programs: controlPlaneBinaries,
    when: 'ci',
  },
  {
    name: 'oldest',
    what: 'the contract suite on the oldest Kubernetes that builds',
    include: ['.oldest.test.ts'],
    exclude: [],
    programs: binariesOf('1.30'),
    when: 'ci',
  },
  {
    name: 'node',
    what: 'the contract suite and every failure of a container on a real node',
    include: ['.node.test.ts'],
    exclude: [],
    programs: [...controlPlaneBinaries, 'kubelet'],
    why: whyNoContainers,
    prepare: installPackages,
    // Each file starts a node, which wants the machine for itself.
    args: ['--no-file-parallelism'],
    when: 'ci',
  },
  {
    name: 'egress',
    what: 'what pods reach under Cilium, on a real node',
    include: ['.egress.test.ts'],
    exclude: [],
    programs: [...controlPlaneBinaries, 'kubelet', ...ciliumBinaries],
    why: whyNoPolicies,
    prepare: installCiliumPackages,
    args: ['--no-file-parallelism'],
    // Cilium alone takes as long to build as all the rest.
    when: 'named',
  },
];

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** What is read of vitest's report. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[] | null;
    }[];
  }[];
}

/** What failed and why, in a few lines each: whoever reads the end of a long output need not look for it. */
function failuresOf({ testResults }: Report): string[] {
  const brief = (message: string) => message.split('\n').slice(0, 12).join('\n    ');
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const failed = assertionResults.filter((result) => result.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [`${file}\n    ${brief(message)}`] : [];
    return failed.map((r) => `${file}: ${r.fullName}\n    ${brief(r.failureMessages?.join('\n') ?? '')}`);
  });
}

/** Runs one tier in a process of its own; a run that gives no report counts as one failure. */
async function run(
  tier: Tier,
  more: readonly string[],
): Promise<{ readonly count: Count; readonly failures: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'glip-test-'));
  const report = join(folder, 'report.json');
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    ...tier.include,
    ...(tier.args ?? []),
    ...tier.exclude.map((pattern) => `--exclude=${pattern}`),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...more,
  ];
  const child = spawn(process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, GLIP_TEST_TIER: tier.name },
  });
  const code = await new Promise<number>((resolve) => child.once('exit', (c) => resolve(c ?? 1)));
  const count = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  if (existsSync(report)) {
    const found: Report = JSON.parse(readFileSync(report, 'utf8'));
    count.passed = found.numPassedTests;
    count.failed = found.numFailedTests;
    count.skipped = found.numPendingTests + found.numTodoTests;
    failures.push(...failuresOf(found));
  }
  rmSync(folder, { recursive: true, force: true });
  // A file that does not load has no failed test, and fails the run all the same.
  if (code !== 0 && count.failed === 0) {
    count.failed = 1;
    if (failures.length === 0)
      failures.push('no test, but an error outside of them: look for "Unhandled Errors" above');
  }
  return { count, failures };
}

async function main(): Promise<number> {
  const { positionals, tokens } = parseArgs({ allowPositionals: true, strict: false, tokens: true });
  const more = tokens
    .filter((t) => t.kind === 'option')
    .map((t) => (t.value === undefined ? t.rawName : `${t.rawName}=${t.value}`));
  const unknown = positionals.filter((p) => !tiers.some((t) => t.name === p));
  if (unknown.length > 0) {
    console.error(
      `Unknown: ${unknown.join(', ')}. Tiers:\n${tiers.map((t) => `  ${t.name.padEnd(12)} ${t.what}`).join('\n')}`,
    );
    return 2;
  }
  const everything = process.env.CI === 'true';
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];
  const failed: string[] = [];
  for (const tier of tiers) {
    const unnamed = tier.when === 'always' || (tier.when === 'ci' && everything);
    const asked = positionals.length === 0 ? unnamed : positionals.includes(tier.name);
    if (!asked) {
      if (positionals.length === 0)
        lines.push(
          `${tier.name.padEnd(12)} SKIPPED (${tier.what}); to run it (needs Go): npm run test:${tier.name}`,
        );
      continue;
    }
    const why = everything ? undefined : tier.why?.();
    if (why !== undefined) {
      lines.push(`${tier.name.padEnd(12)} SKIPPED, because ${why}`);
      continue;
    }
    const started = Date.now();
    console.log(`\n=== ${tier.name}: ${tier.what}`);
    if (everything) await tier.prepare?.(console.error);
    if (tier.programs.length > 0) await ensureBinaries(tier.programs);
    const { count, failures } = await run(tier, more);
    failed.push(...failures.map((failure) => `FAILED ${tier.name}: ${failure}`));
    for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += count[key];
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    lines.push(
      `${tier.name.padEnd(12)} ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped in ${seconds} s`,
    );
  }
  if (failed.length > 0) console.log(`\n${failed.join('\n\n')}`);
  console.log(
    `\n${lines.join('\n')}\n\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`,
  );
  return total.failed === 0 ? 0 : 1;
}

process.exitCode = await main();
