import { expect, test } from 'vitest';
import { agentImage } from '../support/node/images/catalogue.ts';
import { ending, type Family, shell } from './context.ts';

const broken: readonly (readonly [string, readonly string[], string])[] = [
  ['a command that is not in the image', ['/usr/bin/no-such-agent'], 'CommandNotFound'],
  ['a command that is nowhere on the PATH', ['no-such-agent'], 'CommandNotFound'],
  ['a command that is not executable', ['/etc/passwd'], 'CommandNotExecutable'],
  ['a command that is a folder', ['/etc'], 'CommandNotExecutable'],
];

/** A container that cannot be started, or not do what it wants. */
export const starts: Family = (context) => {
  test.for(broken)('%s', async ([, command, reason]) => {
    const { watch } = await context().submitted(shell('unused', { options: { command: [...command] } }));
    const end = await watch.final();
    expect(ending(end)).toEqual({
      state: 'FAILED',
      category: 'IMAGE',
      reason,
      retry: 'NO',
      mayHaveStarted: false,
    });
    expect(end.outcome?.message).toContain(`"${command[0]}"`);
  });

  test('an executable file that is no program', async () => {
    const { watch } = await context().submitted(shell('unused', { options: { command: ['/etc/text'] } }));
    // Kubernetes shows an agent that ran and ended with exit code 1; the runtime's own words stand in its output.
    const end = await watch.final();
    context().record('exec-format-error', end);
    expect(ending(end)).toMatchObject({
      state: 'FAILED',
      category: 'IMAGE',
      reason: 'CommandNotExecutable',
      exitCode: 1,
      mayHaveStarted: true,
    });
  });

  test('the root file system is read-only: an agent that writes there fails', async () => {
    const { watch } = await context().submitted(
      shell('echo x > /here 2>/tmp/said && exit 0; cp /tmp/said /dev/termination-log; cat /tmp/said; exit 1'),
    );
    expect(ending(await watch.final())).toMatchObject({ state: 'FAILED', category: 'AGENT', exitCode: 1 });
  });

  test('an agent is user 1000, whatever its image says, without capabilities and a token', async () => {
    const { submitted } = context();
    const { watch } = await submitted({ agent: { ownReport: true } });
    const end = await watch.final();
    expect(ending(end)).toMatchObject({ state: 'SUCCEEDED' });
    expect(JSON.parse(end.outcome?.agentReportJson ?? '').echo).toMatchObject({
      uid: 1000,
      gid: 1000,
      root_writable: false,
      output_writable: true,
      manifest_writable: false,
      service_account_token: false,
    });
    // The images say nothing of a user, so they would run as root.
    expect(end.image).toMatch(new RegExp(`^${agentImage('testing/probe')}`));
  });
};
