import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../clients/support/paths.ts';
import { type Output, run } from '../clients/support/run.ts';

const withinMs = 240_000;

/** The README's command, in a folder of its own: whoever runs the demo in the checkout meanwhile is not disturbed. */
describe('npm run demo', () => {
  const folder = mkdtempSync(join(tmpdir(), 'glip-demo-test-'));
  const temporary = join(folder, 'tmp');
  const results = join(folder, '.glip', 'demo');
  let output: Output;

  beforeAll(async () => {
    for (const name of ['package.json', 'node_modules', 'agents'])
      symlinkSync(join(root, name), join(folder, name));
    mkdirSync(temporary);
    const env = { ...process.env, NO_COLOR: '1', TMPDIR: temporary };
    output = await run('npm', ['run', '--silent', 'demo'], { cwd: folder, env, timeoutMs: withinMs });
  }, withinMs + 10_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('ends well', () => {
    expect(output).toMatchObject({ code: 0, stderr: '' });
  });

  test('leaves nothing else behind', () => {
    expect(readdirSync(temporary).filter((name) => name.startsWith('glip-'))).toEqual([]);
  });

  test('tells each step from its queue to its end', () => {
    const lives = stepsOf(output.stdout);
    expect(lives.map((states) => states.at(-1))).toEqual([
      'SUCCEEDED',
      'SUCCEEDED',
      'SUCCEEDED',
      'FAILED',
      'CANCELLED',
    ]);
    for (const states of lives) {
      expect(states[0]).toBe('QUEUED');
      expect(states).toContain('RUNNING');
    }
    expect(lives.at(-1)).toContain('CANCELLING');
    expect(output.stdout).toContain('exit 3 (checksum_failure)');
  });

  test('says where the results lie, and they are there', () => {
    const files = [...output.stdout.matchAll(/^ {2}(\.glip\/demo\/\S+)$/gm)].map(([, file]) => file);
    expect(files).toHaveLength(4);
    for (const file of files) expect(readFileSync(join(folder, file ?? '')).length).toBeGreaterThan(100);
    const { totals } = read<{ totals: { total: string } }>(join(results, 'compute', 'emissions.json'));
    expect(Number(totals.total)).toBeGreaterThan(0);
    expect(output.stdout).toContain(`${(Number(totals.total) / 1000).toFixed(1)} t CO2e`);
  });

  test.each(['clean', 'compute', 'report'])('the artifacts of %s have their checksums', (step) => {
    const { artifacts } = read<{ artifacts: readonly { uri: string; sha256: string }[] }>(
      join(results, step, 'manifest.json'),
    );
    expect(artifacts).not.toEqual([]);
    for (const { uri, sha256 } of artifacts) {
      const bytes = readFileSync(fileURLToPath(uri));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
  });
});

/** What was told of each step: the second column of the lines below its title. */
function stepsOf(text: string): readonly (readonly string[])[] {
  return text
    .split(/^\d\. /m)
    .slice(1)
    .map((part) => [...part.matchAll(/^\d\d:\d\d:\d\d {2}(\w+)/gm)].map(([, state]) => state ?? ''));
}

const read = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;
