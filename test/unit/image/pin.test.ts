import { describe, expect, test } from 'vitest';
import { createPins } from '../../../src/image/pin.ts';
import type { ImageRegistry } from '../../../src/image/ports.ts';
import { anyImage } from '../../../src/image/rules.ts';
import { ExecutorError } from '../../../src/step/errors.ts';

const digest = (n: number) => `sha256:${String(n).padStart(64, '0')}`;
const never = new AbortController().signal;

/** A registry whose tags move whenever they are asked for. */
function setUp({ tagTtlMs = 1_000, timeoutMs = 10_000 } = {}) {
  let clock = 0;
  const asked: string[] = [];
  const waiting: PromiseWithResolvers<void>[] = [];
  let holds = false;
  const stopping = new AbortController();
  const registry: ImageRegistry = {
    async manifest({ registry: host, repository }, tag) {
      asked.push(`${host}/${repository}:${tag}`);
      const seen = asked.length;
      if (holds) {
        const turn = Promise.withResolvers<void>();
        waiting.push(turn);
        await turn.promise;
      }
      if (tag === 'missing') return undefined;
      return { digest: digest(seen), mediaType: 'x', bytes: Buffer.alloc(0) };
    },
    blob: async () => undefined,
    referrers: async () => [],
  };
  const { pin } = createPins({
    registry,
    rules: anyImage,
    now: () => clock,
    timeoutMs,
    tagTtlMs,
    signal: stopping.signal,
  });
  return {
    pin: async (image: string, signal = never) => (await pin(image, undefined, signal)).image,
    asked,
    pass(ms: number) {
      clock += ms;
    },
    hold() {
      holds = true;
    },
    release: () => {
      holds = false;
      for (const turn of waiting.splice(0)) turn.resolve();
    },
  };
}

test('a tag becomes what it means now, under the full name', async () => {
  const { pin, asked } = setUp();
  expect(await pin('busybox')).toBe(`docker.io/library/busybox:latest@${digest(1)}`);
  expect(await pin('ghcr.io/a/b:1')).toBe(`ghcr.io/a/b:1@${digest(2)}`);
  expect(asked).toEqual(['docker.io/library/busybox:latest', 'ghcr.io/a/b:1']);
});

test('a digest is taken at its word: no registry is asked, and a tag beside it means nothing', async () => {
  const { pin, asked } = setUp();
  expect(await pin(`ghcr.io/a@${digest(7)}`)).toBe(`ghcr.io/a@${digest(7)}`);
  expect(await pin(`ghcr.io/a:1@${digest(7)}`)).toBe(`ghcr.io/a:1@${digest(7)}`);
  expect(asked).toEqual([]);
});

test('what a tag means is known for a while, and asked again then', async () => {
  const { pin, pass } = setUp();
  const first = await pin('ghcr.io/a:1');
  pass(999);
  expect(await pin('ghcr.io/a:1')).toBe(first);
  pass(1);
  expect(await pin('ghcr.io/a:1')).toBe(`ghcr.io/a:1@${digest(2)}`);
});

test('with a time of 0 it is asked each time', async () => {
  const { pin, asked } = setUp({ tagTtlMs: 0 });
  await pin('ghcr.io/a:1');
  await pin('ghcr.io/a:1');
  expect(asked).toHaveLength(2);
});

test('an image that is not there is not remembered', async () => {
  const { pin, asked } = setUp();
  for (let i = 0; i < 2; i++)
    await expect(pin('ghcr.io/a:missing')).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'IMAGE_NOT_FOUND',
      message: 'the registry does not have the image ghcr.io/a:missing; push it, or correct its name',
    });
  expect(asked).toHaveLength(2);
});

describe('many at once', () => {
  test('ask once, and one who leaves does not take the answer from the others', async () => {
    const { pin, asked, hold, release } = setUp({ tagTtlMs: 0 });
    hold();
    const leaving = new AbortController();
    const first = pin('ghcr.io/a:1', leaving.signal);
    const others = Array.from({ length: 20 }, () => pin('ghcr.io/a:1'));
    leaving.abort(new Error('left'));
    await expect(first).rejects.toThrow('left');
    release();
    expect(new Set(await Promise.all(others))).toEqual(new Set([`ghcr.io/a:1@${digest(1)}`]));
    expect(asked).toHaveLength(1);
  });

  test('are bounded: more are told to come back', async () => {
    const { pin, hold, release } = setUp();
    hold();
    const flying = Array.from({ length: 256 }, (_, i) => pin(`ghcr.io/a:${i}`));
    const error = await pin('ghcr.io/a:more').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ExecutorError);
    expect(error).toMatchObject({ code: 'UNAVAILABLE', reason: 'IMAGE_REGISTRY_UNAVAILABLE' });
    release();
    await Promise.all(flying);
    await pin('ghcr.io/a:more');
  });
});

test('a registry that does not answer in time is one that is down', async () => {
  const { pin, hold } = setUp({ timeoutMs: 5 });
  hold();
  await expect(pin('ghcr.io/a:1')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    reason: 'IMAGE_REGISTRY_UNAVAILABLE',
    message:
      'what ghcr.io/a holds cannot be found out: there is no answer within 5 ms; no step starts with an image that nobody has looked at',
  });
});
