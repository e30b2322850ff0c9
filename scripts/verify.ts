import { spawnSync } from 'node:child_process';

/** One check of `npm run verify`, with what mends it. */
interface Check {
  readonly name: string;
  readonly command: readonly string[];
  readonly fix: string;
}

const checks: readonly Check[] = [
  { name: 'proto lint', command: ['buf', 'lint'], fix: 'see the lines above' },
  { name: 'proto format', command: ['buf', 'format', '--diff', '--exit-code', 'proto'], fix: 'npm run fix' },
  {
    name: 'proto breaking',
    command: ['buf', 'breaking', '--against', 'proto/baseline.binpb'],
    fix: 'undo the change, or, when no client can be hurt: npm run breaking:accept',
  },
  { name: 'generate', command: ['buf', 'generate'], fix: 'see the lines above' },
  { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '.'], fix: 'npm run fix' },
  { name: 'types', command: ['tsc', '--project', '.'], fix: 'see the lines above' },
  {
    name: 'types of the agents',
    command: ['tsc', '--project', 'agents/jsconfig.json'],
    fix: 'see the lines above',
  },
  {
    name: 'imports, docs and errors',
    command: [
      'vitest',
      'run',
      'test/unit/layers.test.ts',
      'test/unit/docs',
      'test/unit/config/docs.test.ts',
      'test/unit/cli/role.test.ts',
      'test/unit/scripts/dependencies.test.ts',
    ],
    fix: 'npm run fix:docs, or see the lines above',
  },
  {
    name: 'generated files are checked in',
    command: ['git', 'diff', '--exit-code', '--stat', '--', 'gen', 'docs', 'proto', 'deploy'],
    fix: 'commit what was generated',
  },
];

/** Everything but the tests: generated code, formats, types, contracts; then a tree without changes in what is generated. */
function main(): number {
  let failed = 0;
  for (const { name, command, fix } of checks) {
    const started = Date.now();
    const [program = '', ...args] = command;
    const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
    const ok = status === 0;
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    if (ok) continue;
    failed += 1;
    console.log(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trimEnd());
    console.log(`     to mend it: ${fix}`);
  }
  console.log(failed === 0 ? 'all checks passed' : `${failed} of ${checks.length} checks failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = main();
