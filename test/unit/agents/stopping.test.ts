import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import {
  type Invocation,
  logLines,
  type Run,
  readJson,
  run,
  SAMPLE,
  sha256,
  start,
  terminationMessage,
} from './invocation.ts';
import { clean, compute, PERIOD, report } from './steps.ts';

const SLOW = { pause_ms_per_row: 20 };

/** Starts the step, waits until it is at work, and asks it to stop. */
async function stopHalfWay(
  invocation: Invocation,
): Promise<Run & { code: number | null; signal: string | null }> {
  const started = start(invocation);
  await vi.waitFor(() => expect(started.stdout()).toContain('"progress"'), { timeout: 10_000, interval: 5 });
  started.process.kill('SIGTERM');
  return { ...started, ...(await started.ended) };
}

test('SIGTERM ends in a partial result, exit 0 and a checkpoint from which the next attempt goes on', async () => {
  const stopped = await stopHalfWay(clean({ params: { ...PERIOD, ...SLOW } }));
  expect(stopped).toMatchObject({ code: 0, signal: null });
  const result = readJson(stopped.outputs, 'result.json');
  expect(result).toMatchObject({
    status: 'partial',
    artifacts: [{ name: 'checkpoint' }],
    warnings: [expect.stringMatching(/^SIGTERM: stopped after \d+ of 241$/)],
  });
  const { rows_done: done } = result.metrics;
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(241);
  expect(terminationMessage(stopped)).toMatchObject({
    status: 'partial',
    counts: { rows_done: done, rows_total: 241 },
  });
  expect(readJson(stopped.published, 'manifest.json').status).toBe('partial');
  expect(existsSync(join(stopped.published, 'cleaned.json'))).toBe(false);

  const checkpoint = join(stopped.published, 'checkpoint.json');
  const resumed = await run(clean({ inputs: { activity: SAMPLE, checkpoint } }));
  const whole = await run(clean());
  expect(resumed.code).toBe(0);
  for (const file of ['cleaned.json', 'rejected.csv', 'quality.json']) {
    expect(sha256(join(resumed.published, file))).toBe(sha256(join(whole.published, file)));
  }
  const first = logLines(resumed.stdout()).find(({ message }) => message === 'progress');
  expect(first.progress.done).toBeGreaterThan(done);
});

test('the other steps stop the same way', async () => {
  const cleaned = await run(clean());
  const stopped = await stopHalfWay(compute(cleaned, { params: SLOW }));
  expect(stopped.code).toBe(0);
  const inputs = {
    cleaned: join(cleaned.published, 'cleaned.json'),
    checkpoint: join(stopped.published, 'checkpoint.json'),
  };
  const [resumed, whole] = [await run(compute(cleaned, { inputs })), await run(compute(cleaned))];
  expect(sha256(join(resumed.published, 'emissions.json'))).toBe(
    sha256(join(whole.published, 'emissions.json')),
  );

  const unwritten = await stopHalfWay(report(cleaned, whole, { params: { pause_ms_per_row: 5_000 } }));
  expect(unwritten.code).toBe(0);
  expect(readJson(unwritten.outputs, 'result.json')).toMatchObject({ status: 'partial', artifacts: [] });
});

test('a checkpoint of other bytes is refused', async () => {
  const cleaned = await run(clean());
  const stopped = await stopHalfWay(clean({ params: { ...PERIOD, ...SLOW } }));
  const checkpoint = join(stopped.published, 'checkpoint.json');
  const inputs = { activity: join(cleaned.published, 'cleaned.csv'), checkpoint };
  const refused = await run(clean({ inputs }));
  expect(refused.code).toBe(2);
  expect(readJson(refused.outputs, 'error.json').error_code).toBe('CHECKPOINT_FOREIGN');
});
