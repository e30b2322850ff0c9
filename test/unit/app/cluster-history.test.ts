import { describe, expect, test } from 'vitest';
import { createClusterHistory, type ViewPlace } from '../../../src/app/cluster-history.ts';

const view = (more: Partial<ViewPlace> = {}): ViewPlace => ({
  reached: () => '100',
  seen: () => '90',
  revision: async () => '200',
  ...more,
});
const { signal } = new AbortController();
const began = () => undefined;

describe('how far the views are', () => {
  test('is the newest object of each that is complete', () => {
    const jobs = view();
    // A list that is being taken over tells objects that lie behind what is complete.
    const pods = view({ reached: () => '80' });
    expect(createClusterHistory({ jobs, pods, began }).reach()).toEqual({
      jobs: '90',
      pods: '80',
      jobsView: '100',
    });
    const nothing = view({ reached: () => '', seen: () => '' });
    expect(createClusterHistory({ jobs: nothing, pods: nothing, began }).reach()).toEqual({
      jobs: '0',
      pods: '0',
      jobsView: '0',
    });
  });
});

describe('catching up', () => {
  const history = (jobs: ViewPlace, pods = view()) =>
    createClusterHistory({ jobs, pods, began, patienceMs: 200 });

  test('asks nobody where the views are as far', async () => {
    const refuses = view({
      revision: async () => {
        throw new Error('asked');
      },
    });
    expect(await history(refuses, refuses).catchUp({ jobs: '100', pods: '7' }, signal)).toBe('reached');
  });

  test('waits for a view that is behind', async () => {
    let reached = '100';
    const later = view({
      reached: () => reached,
      revision: async () => {
        setTimeout(() => {
          reached = '150';
        }, 30);
        return '200';
      },
    });
    expect(await history(view(), later).catchUp({ jobs: '1', pods: '150' }, signal)).toBe('reached');
  });

  test('gives up on one that does not come', async () => {
    expect(await history(view()).catchUp({ jobs: '150', pods: '1' }, signal)).toBe('behind');
  });

  test('gives up on an API server that does not answer, but does not call that another store', async () => {
    const cut = view({
      revision: async () => {
        throw new Error('unreachable');
      },
    });
    expect(await history(cut).catchUp({ jobs: '150', pods: '1' }, signal)).toBe('behind');
  });

  test('knows versions that this store has never had', async () => {
    expect(await history(view()).catchUp({ jobs: '150', pods: '201' }, signal)).toBe('never');
    expect(await history(view()).catchUp({ jobs: '201', pods: '1' }, signal)).toBe('never');
  });

  test('does not wait for what cannot be compared', async () => {
    expect(await history(view()).catchUp({ jobs: '', pods: '' }, signal)).toBe('reached');
  });

  test('ends with its caller', async () => {
    const leaving = AbortSignal.timeout(20);
    await expect(history(view()).catchUp({ jobs: '150', pods: '1' }, leaving)).rejects.toThrow();
  });
});
