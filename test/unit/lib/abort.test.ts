import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { abortable, sleep, timeLimit, yieldToEventLoop } from '../../../src/lib/abort.ts';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('sleep', () => {
  test('ends after its time and leaves no listener', async () => {
    const { signal } = new AbortController();
    await sleep(1, signal);
    expect(listeners(signal)).toBe(0);
  });

  test('ends with the reason of an abort, also of one that was there before', async () => {
    const controller = new AbortController();
    const asleep = sleep(600_000, controller.signal);
    controller.abort(new Error('up'));
    await expect(asleep).rejects.toThrow('up');
    await expect(sleep(600_000, controller.signal)).rejects.toThrow('up');
    expect(listeners(controller.signal)).toBe(0);
  });
});

describe('timeLimit', () => {
  test('expires, and says that it was the time', async () => {
    const limit = timeLimit(1);
    await new Promise((resolve) => limit.signal.addEventListener('abort', resolve));
    expect(limit.expired()).toBe(true);
    expect(limit.signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  test('follows its parent, with its reason, and says that it was not the time', () => {
    const parent = new AbortController();
    const limit = timeLimit(600_000, parent.signal);
    parent.abort(new Error('parent'));
    expect(limit.signal.reason).toMatchObject({ message: 'parent' });
    expect(limit.expired()).toBe(false);
    limit.clear();
    const late = timeLimit(600_000, parent.signal);
    expect(late.signal.aborted).toBe(true);
    late.clear();
  });

  test('leaves nothing on its parent once it is cleared', () => {
    const { signal } = new AbortController();
    for (let i = 0; i < 100; i += 1) timeLimit(600_000, signal).clear();
    expect(listeners(signal)).toBe(0);
  });
});

describe('abortable', () => {
  test('gives the outcome of the promise, and leaves no listener', async () => {
    const { signal } = new AbortController();
    expect(await abortable(Promise.resolve(1), signal)).toBe(1);
    await expect(abortable(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
    expect(await abortable(Promise.resolve(2))).toBe(2);
    await yieldToEventLoop();
    expect(listeners(signal)).toBe(0);
  });

  test('gives the reason of the signal when that comes first, and ignores what comes later', async () => {
    const controller = new AbortController();
    const { promise, reject } = Promise.withResolvers<never>();
    const waiting = abortable(promise, controller.signal);
    controller.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    reject(new Error('too late'));
    await expect(abortable(promise, controller.signal)).rejects.toThrow('left');
  });
});
