import { join } from 'node:path';
import { type Invocation, type Run, run, SAMPLE } from './invocation.ts';

/** The three steps of the sample pipeline, as a test or a demo asks for them. */
export const PERIOD = { period_start: '2024-01-01', period_end: '2024-12-31' };

export const clean = (more: Partial<Invocation> = {}): Invocation => ({
  agent: 'clean-activity-data',
  inputs: { activity: SAMPLE },
  output: 'cleaned',
  params: PERIOD,
  ...more,
});

export const compute = (cleaned: Run, more: Partial<Invocation> = {}): Invocation => ({
  agent: 'compute-emissions',
  inputs: { cleaned: join(cleaned.published, 'cleaned.json') },
  output: 'emissions',
  ...more,
});

export const report = (cleaned: Run, computed: Run, more: Partial<Invocation> = {}): Invocation => ({
  agent: 'write-report',
  inputs: {
    emissions: join(computed.published, 'emissions.json'),
    quality: join(cleaned.published, 'quality.json'),
  },
  output: 'report',
  ...more,
});

/** Runs all three, each on what the one before has published. */
export async function runPipeline(pauseMs = 0) {
  const pace = { pause_ms_per_row: pauseMs };
  const cleaned = await run(clean({ params: { ...PERIOD, ...pace } }));
  const computed = await run(compute(cleaned, { params: pace }));
  const reported = await run(
    report(cleaned, computed, { params: { ...pace, title: 'Emissions 2024 <test>' } }),
  );
  return { cleaned, computed, reported };
}
