import { expect, test } from 'vitest';
import { ending, type Family } from './context.ts';

/** Images by what their registry says, which test/support/node/registry.ts plays. */
const refusals: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'its registry does not know',
    'registry.example/missing:1.0.0',
    'ImageNotFound',
    /missing:1\.0\.0: not found/,
  ],
  ['its registry does not give', 'registry.example/denied:1.0.0', 'ImageAccessDenied', /403 Forbidden/],
  [
    'its registry gives to others only',
    'registry.example/unauthorized:1.0.0',
    'ImageAccessDenied',
    /401 Unauthorized/,
  ],
  [
    'its registry is too busy for',
    'registry.example/rate-limited:1.0.0',
    'RegistryUnavailable',
    /429 Too Many Requests/,
  ],
  [
    'its registry fails over',
    'registry.example/broken:1.0.0',
    'RegistryUnavailable',
    /500 Internal Server Error/,
  ],
  [
    'is of a registry that nobody knows',
    'nowhere.example/agent:1.0.0',
    'RegistryUnavailable',
    /lookup nowhere\.example/,
  ],
];

/** An image that cannot be had: the step waits and says why, in the words of the registry, and never starts. */
export const images: Family = (context) => {
  test.for(refusals)('an image that %s', async ([, image, reason, message]) => {
    const { client, submitted } = context();
    const { request, watch } = await submitted({
      spec: { agent: { name: 'TEST', version: '1.0.0', image } },
    });
    const { waiting } = await watch.until(`it waits: ${reason}`, (s) => s.waiting?.reason === reason);
    expect(waiting?.message).toMatch(message);
    await client.cancel(request.key);
    const end = await watch.final();
    expect(ending(end)).toMatchObject({ state: 'CANCELLED', mayHaveStarted: false });
    expect(end.outcome?.exitCode).toBeUndefined();
  });
};
