import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { logLines, type Run, readJson, SAMPLE, sha256, terminationMessage } from './invocation.ts';
import { BAD_LINES, decimalOf, recount } from './recount.ts';
import { runPipeline } from './steps.ts';

test('three steps turn the sample into a report whose totals a recount confirms', async () => {
  const { cleaned, computed, reported } = await runPipeline();
  expect([cleaned.code, computed.code, reported.code]).toEqual([0, 0, 0]);

  const counted = recount(SAMPLE);
  const emissions = readJson(computed.published, 'emissions.json');
  const { 1: first, 2: second, 3: third } = counted.scopes;
  expect(emissions.totals).toEqual({
    scope_1: decimalOf(first, 15),
    scope_2: decimalOf(second, 15),
    scope_3: decimalOf(third, 15),
    total: decimalOf(first + second + third, 15),
  });
  // Counted once more, in Decimal arithmetic of another language, when the sample was made.
  expect(emissions.totals.total).toBe('450743.53791070612');
  const bySite = emissions.by_site.map((each: { site: string; total: string }) => [
    each.site.toLowerCase(),
    each.total,
  ]);
  expect(bySite).toEqual([...counted.sites].sort().map(([site, units]) => [site, decimalOf(units, 15)]));
  expect(emissions.by_month).toHaveLength(12);
  expect(emissions.source).toMatchObject({ id: 'uk-desnz-2024', year: 2024 });

  const markdown = readFileSync(join(reported.published, 'report.md'), 'utf8');
  expect(markdown).toContain('Total emissions: 450.744 t CO2e.');
  expect(markdown).toContain('| Glasgow Workshop | 101.240 | 67.741 | 6.506 | 175.487 |');
  expect(markdown).toContain('| DUPLICATE | 8 |');
  const html = readFileSync(join(reported.published, 'report.html'), 'utf8');
  expect(html).toContain('<h1>Emissions 2024 &lt;test&gt;</h1>');
  expect(html).toContain('<td>175.487</td>');
  expect(html).not.toMatch(/<script|src=|@import|NaN|undefined/);
});

test('cleaning accepts and rejects exactly the lines that the sample’s author meant', async () => {
  const { cleaned } = await runPipeline();
  const rejected = readFileSync(join(cleaned.published, 'rejected.csv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  expect(Object.fromEntries(rejected.map((row) => row.split(',').slice(0, 2)))).toEqual(BAD_LINES);
  const { rows } = readJson(cleaned.published, 'cleaned.json');
  expect(rows).toHaveLength(recount(SAMPLE).accepted);
  expect(rows[0]).toEqual({
    line: 2,
    site: 'Leeds Depot',
    date: '2024-01-31',
    activity: 'electricity',
    amount: '24323.3',
    unit: 'kWh',
    reference: 'EL-4106',
    month: '2024-01',
  });
  expect(readJson(cleaned.published, 'quality.json')).toMatchObject({
    rows_total: 241,
    rows_accepted: 209,
    rows_rejected: 32,
    first_date: '2024-01-03',
    last_date: '2024-12-31',
  });
  // What a spreadsheet would run as a formula is text in what we write.
  expect(readFileSync(join(cleaned.published, 'rejected.csv'), 'utf8')).toContain(`"'=HYPERLINK(`);
});

test('each step leaves the files of GLIP v1, and they agree', async () => {
  const { cleaned } = await runPipeline();
  const result = readJson(cleaned.outputs, 'result.json');
  const metadata = readJson(cleaned.outputs, 'step_metadata.json');
  expect(result).toMatchObject({
    status: 'success',
    agent: { name: 'DEMO.ACTIVITY.Clean' },
    invocation_id: cleaned.invocationId,
    run_id: 'run-1',
    step_id: 'step-1',
    outputs: [{ name: 'cleaned', artifacts: ['cleaned', 'cleaned-csv', 'rejected', 'quality'] }],
    warnings: [],
    metrics: { rows_total: 241, rows_accepted: 209, rows_rejected: 32 },
  });
  expect(Date.parse(result.completed_at)).toBeGreaterThanOrEqual(Date.parse(result.started_at));
  expect(metadata.execution).toMatchObject({ status: 'success', exit_code: 0 });
  expect(metadata.inputs_consumed).toMatchObject([{ name: 'activity', sha256: sha256(SAMPLE) }]);
  expect(metadata.provenance.manifest_sha256).toBe(sha256(join(cleaned.directory, 'manifest.json')));
  expect(metadata.outputs_produced).toEqual(result.artifacts);
  expect(metadata.resource_usage.max_rss_bytes).toBeGreaterThan(1_000_000);
  expectArtifactsAreTrue(cleaned, result.artifacts);
  expect(terminationMessage(cleaned)).toEqual({
    status: 'success',
    agent: 'DEMO.ACTIVITY.Clean',
    invocation_id: cleaned.invocationId,
    counts: { rows_total: 241, rows_accepted: 209, rows_rejected: 32, rows_normalised: expect.any(Number) },
  });
});

test('logs are JSON lines with the ids of the step, its trace and its progress', async () => {
  const { cleaned } = await runPipeline();
  const lines = logLines(cleaned.stdout());
  expect(lines.length).toBe(cleaned.stdout().trimEnd().split('\n').length);
  for (const line of lines) {
    expect(line).toMatchObject({
      invocation_id: cleaned.invocationId,
      run_id: 'run-1',
      step_id: 'step-1',
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    });
  }
  const progress = lines.filter(({ message }) => message === 'progress');
  expect(progress.at(-1).progress).toEqual({ done: 241, total: 241 });
  expect(progress.length).toBeLessThanOrEqual(11);
});

test('the same input gives the same bytes, whatever the pace, the directory and the invocation', async () => {
  const [first, second] = [await runPipeline(0), await runPipeline(1)];
  for (const step of ['cleaned', 'computed', 'reported'] as const) {
    const sums = [first, second].map((each) => checksums(each[step]));
    expect(sums[0]).toEqual(sums[1]);
  }
});

const checksums = (run: Run): Record<string, string> =>
  Object.fromEntries(
    readJson(run.outputs, 'result.json').artifacts.map((each: { name: string; sha256: string }) => [
      each.name,
      each.sha256,
    ]),
  );

function expectArtifactsAreTrue(
  run: Run,
  artifacts: { path: string; uri: string; sha256: string; size_bytes: number }[],
) {
  const published = readJson(run.published, 'manifest.json');
  expect(published).toMatchObject({ kind: 'ArtifactManifest', status: 'success', output: 'cleaned' });
  expect(published.artifacts).toEqual(artifacts.map(({ path: _path, ...entry }) => entry));
  for (const { path, uri, sha256: sum, size_bytes } of artifacts) {
    const file = path.replace('artifacts/', '');
    expect(uri).toBe(pathToFileURL(join(run.published, file)).href);
    expect(sha256(join(run.outputs, path))).toBe(sum);
    expect(sha256(join(run.published, file))).toBe(sum);
    expect(readFileSync(join(run.published, file))).toHaveLength(size_bytes);
  }
}
