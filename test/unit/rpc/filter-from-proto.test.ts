import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { StepFilterSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { filterFromProto } from '../../../src/rpc/filter-from-proto.ts';

const read = (filter: Parameters<typeof create<typeof StepFilterSchema>>[1]) =>
  filterFromProto(create(StepFilterSchema, filter), 'filter');
const labelsOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`label-${i}`, 'x']));
const fields = (filter: Parameters<typeof read>[0]) => read(filter).violations.map(({ field }) => field);

test('a filter that says nothing matches all', () => {
  const all = { tenant: '', runId: '', labels: {}, states: [] };
  expect(filterFromProto(undefined, 'filter')).toEqual({ filter: all, violations: [] });
  expect(read({})).toEqual({ filter: all, violations: [] });
});

test('a state that is repeated counts once', () => {
  const states = [StepState.FAILED, StepState.RUNNING, StepState.FAILED, StepState.RUNNING];
  expect(read({ states })).toEqual({
    filter: { tenant: '', runId: '', labels: {}, states: ['FAILED', 'RUNNING'] },
    violations: [],
  });
});

test('a filter has at most 32 states and 32 labels', () => {
  const states = Array.from({ length: 32 }, () => StepState.FAILED);
  expect(read({ states, labels: labelsOf(32) }).violations).toEqual([]);
  expect(read({ states: [...states, StepState.FAILED], labels: labelsOf(33) }).violations).toEqual([
    { field: 'filter.states', message: 'must have at most 32 entries, has 33' },
    { field: 'filter.labels', message: 'must have at most 32 entries, has 33' },
  ]);
});

test('everything that is wrong is said at once', () => {
  expect(
    fields({
      tenant: 'Acme',
      runId: 'r'.repeat(129),
      states: [StepState.FAILED, 99 as StepState, StepState.UNSPECIFIED],
      labels: { colour: 'blue', 'no key!': 'x', size: 'n o' },
    }),
  ).toEqual([
    'filter.states[1]',
    'filter.states[2]',
    'filter.tenant',
    'filter.run_id',
    'filter.labels["no key!"]',
    'filter.labels["size"]',
  ]);
});

test('a long key is cut in the path of its violation', () => {
  expect(fields({ labels: { ['k'.repeat(10_000)]: 'x' } })).toEqual([`filter.labels["${'k'.repeat(80)}…"]`]);
});
