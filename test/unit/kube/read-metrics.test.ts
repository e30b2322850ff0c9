import { expect, test } from 'vitest';
import { readMetrics } from '../../../src/kube/read-metrics.ts';

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const text = `# HELP wanted what it is
# TYPE wanted counter
wanted{a="1",b="x\\"y\\\\z\\n",c="{ü}"} 3
wanted_not{a="1"} 4
other 5
wanted 1e+06 1700000000000
wanted{} NaN
wanted broken`;

test.each([1, 7, 10_000])('the samples that are wanted, in pieces of %i bytes', async (size) => {
  expect(await readMetrics(pieces(text, size), ['wanted'])).toEqual([
    { name: 'wanted', labels: { a: '1', b: 'x"y\\z\n', c: '{ü}' }, value: 3 },
    { name: 'wanted', labels: {}, value: 1_000_000 },
  ]);
});

test('an answer without an end is left', async () => {
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) yield Buffer.alloc(1024 * 1024, '#\n');
  }
  await expect(readMetrics(endless(), ['wanted'])).rejects.toMatchObject({ kind: 'too-large' });
});
