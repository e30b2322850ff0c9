import { expect, test } from 'vitest';
import { bareProbeImage } from '../support/node/images/catalogue.ts';
import { ending, type Family, shell } from './context.ts';

const agent = { name: 'TEST.PROBE', version: '1.0.0', image: bareProbeImage };

const killed = {
  state: 'FAILED',
  category: 'RESOURCES',
  reason: 'OOMKilled',
  retry: 'MORE_RESOURCES',
  mayHaveStarted: true,
};

/** A memory limit that is reached. */
export const memory: Family = (context) => {
  test('by the agent itself', async () => {
    const { watch } = await context().submitted({ spec: { agent, params: { allocate_mb: 1_000 } } });
    expect(ending(await watch.final())).toEqual({ ...killed, exitCode: 137, signal: 9 });
  });

  test('by a child of the agent, which itself ends with exit code 0 where the kernel lets it', async () => {
    const { watch } = await context().submitted(
      shell('head -c 400m /dev/zero | tail -c 300m >/dev/null; exit 0'),
    );
    const end = await watch.final();
    // With version 2 of cgroups the whole container is killed.
    const { exitCode } = end.outcome ?? {};
    expect([0, 137]).toContain(exitCode);
    expect(ending(end)).toEqual({ ...killed, exitCode, ...(exitCode === 137 && { signal: 9 }) });
  });
};
