import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AGENTS, readJson, SAMPLE, sha256, temporaryDirectory } from './invocation.ts';

const README = readFileSync(join(AGENTS, 'README.md'), 'utf8');

const hasPython = spawnSync('python3', ['--version']).status === 0;

/** Runs the agent of the README on one input that has, or should have, this checksum. */
function runPython(sum: string) {
  const directory = temporaryDirectory();
  const [, block = ''] = /```python\n(.*?)```/s.exec(README) ?? [];
  writeFileSync(join(directory, 'agent.py'), block);
  mkdirSync(join(directory, 'out'));
  const inputs = [{ name: 'activity', artifact_uri: `file://${SAMPLE}`, sha256: sum }];
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ spec: { inputs } }));
  const env = {
    PATH: process.env.PATH,
    GLIP_OUTPUT_DIR: join(directory, 'out'),
    GLIP_INPUT_MANIFEST: join(directory, 'manifest.json'),
    TERMINATION_MESSAGE_PATH: join(directory, 'termination-log'),
  };
  const { status } = spawnSync('python3', [join(directory, 'agent.py')], { env });
  return { status, told: readJson(directory, 'termination-log') };
}

describe.skipIf(!hasPython)('the Python agent of the README', () => {
  test('counts the lines of its input', () => {
    expect(runPython(sha256(SAMPLE))).toEqual({
      status: 0,
      told: { status: 'success', counts: { lines: 243 } },
    });
  });

  test('refuses other bytes', () => {
    expect(runPython('0'.repeat(64))).toMatchObject({ status: 3, told: { error_code: 'CHECKSUM_MISMATCH' } });
  });
});

test('every parameter of every agent is in the README', () => {
  const sources = [
    'clean-activity-data/main.mjs',
    'compute-emissions/main.mjs',
    'write-report/main.mjs',
    'testing/probe/params.mjs',
  ];
  const names = sources.flatMap((path) => [
    ...readFileSync(join(AGENTS, path), 'utf8').matchAll(
      /^ {2,4}(\w+): (?:integer|ratio|flag|oneOf|text)\(/gm,
    ),
  ]);
  expect(names.length).toBeGreaterThan(18);
  for (const [, name] of names) expect(README).toContain(`\`${name}\``);
});

test('every factor names its source row and how it was verified', () => {
  const sets = readdirSync(join(AGENTS, 'compute-emissions')).filter((name) => name.endsWith('.json'));
  for (const set of sets.map((name) => readJson(AGENTS, 'compute-emissions', name))) {
    expect(set).toMatchObject({
      year: expect.any(Number),
      url: expect.stringMatching(/^https:/),
      licence: expect.any(String),
    });
    for (const factor of set.factors) {
      expect(factor).toMatchObject({
        value: expect.stringMatching(/^\d+\.\d+$/),
        sheet: expect.stringMatching(/\S/),
        row: expect.stringMatching(/\S/),
        verified: expect.stringMatching(/^(cell|transcriptions)$/),
      });
    }
  }
});
