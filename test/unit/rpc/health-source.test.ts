import { expect, test, vi } from 'vitest';
import { createHealthSource } from '../../../src/rpc/health-source.ts';

test('services begin as NOT_SERVING, the server as a whole among them', () => {
  expect([...createHealthSource(['a', 'b']).list()]).toEqual([
    ['', 'NOT_SERVING'],
    ['a', 'NOT_SERVING'],
    ['b', 'NOT_SERVING'],
  ]);
});

test('subscribers hear of changes only, until they leave', () => {
  const source = createHealthSource(['a']);
  const heard = vi.fn();
  const leave = source.subscribe(heard);
  source.set('a', 'SERVING');
  source.set('a', 'SERVING');
  source.set('unknown', 'SERVING');
  expect(heard).toHaveBeenCalledTimes(1);
  source.setAll('SERVING');
  expect(heard).toHaveBeenCalledTimes(2);
  leave();
  source.set('a', 'NOT_SERVING');
  expect(heard).toHaveBeenCalledTimes(2);
  expect(source.get('unknown')).toBeUndefined();
});

test('after shutdown nothing serves again', () => {
  const source = createHealthSource(['a']);
  source.setAll('SERVING');
  source.shutdown();
  source.set('a', 'SERVING');
  source.setAll('SERVING');
  expect([source.get(''), source.get('a')]).toEqual(['NOT_SERVING', 'NOT_SERVING']);
});
