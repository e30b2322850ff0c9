import { expect, test } from 'vitest';
import { judgeFigures, type Limits, type Measured } from './verdict.ts';

const limits: Limits = {
  idleCpu: 0.05,
  recoveryMs: 60_000,
  calmClaimMs: 20_000,
  heapGrowthMiB: 40,
  residentMiB: 300,
};
const sky = { phases: 1, seconds: 1, cpu: 0, trueMsMost: 0, claimedMsMost: 0 };
const good: Measured = {
  skies: { silent: { ...sky, cpuMost: 0.05 }, storm: { ...sky, cpuMost: 0.9 } },
  recoveryMs: [{ after: 'shut', ms: 60_000 }],
  calmClaimsMs: [1, 20_000],
  heapMiB: [40, 80],
  residentMiBMost: 300,
};

test('figures within their limits are well', () => {
  expect(judgeFigures(good, limits)).toEqual([]);
  expect(judgeFigures({ ...good, skies: {}, recoveryMs: [], calmClaimsMs: [] }, limits)).toEqual([]);
});

test.each<[string, Partial<Measured>]>([
  ['CPU while silent', { skies: { silent: { ...sky, cpuMost: 0.051 } } }],
  ['recovery after storm', { recoveryMs: [{ after: 'storm', ms: 60_001 }] }],
  ['claimed in calm weather', { calmClaimsMs: [20_001, 1] }],
  ['growth of the heap', { heapMiB: [40, 81] }],
  ['resident memory', { residentMiBMost: 301 }],
])('%s above its limit is found', (what, measured) => {
  expect(judgeFigures({ ...good, ...measured }, limits)).toEqual([expect.stringContaining(what)]);
});
