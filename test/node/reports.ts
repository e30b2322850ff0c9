import { expect, test } from 'vitest';
import { ending, type Family, shell } from './context.ts';

const say = (text: string, exitCode: number): string =>
  `printf '%s' '${text}' > /dev/termination-log; exit ${exitCode}`;

/** What an agent says of its own end reaches the caller through its termination message. */
export const reports: Family = (context) => {
  test('the agent’s error.json in short', async () => {
    const report = {
      status: 'failed',
      error_code: 'CHECKSUM_MISMATCH',
      retriable: true,
      suggested_action: 'Fetch.',
    };
    const { watch } = await context().submitted(shell(say(JSON.stringify(report), 3)));
    const end = await watch.final();
    expect(ending(end)).toMatchObject({ state: 'FAILED', reason: 'ChecksumMismatch', exitCode: 3 });
    expect(JSON.parse(end.outcome?.agentReportJson ?? '')).toEqual(report);
  });

  test('a sample agent that is given nothing says what it misses', async () => {
    const { cluster, submitted } = context();
    const { watch } = await submitted({
      spec: {
        agent: { name: 'DEMO', version: '1.0.0', image: 'registry.example/clean-activity-data:1.0.0' },
        params: {},
      },
    });
    const end = await watch.final();
    expect(cluster.name).toBe('node');
    expect(ending(end)).toMatchObject({
      state: 'FAILED',
      category: 'INPUT',
      reason: 'InputInvalid',
      exitCode: 2,
    });
    expect(JSON.parse(end.outcome?.agentReportJson ?? '')).toMatchObject({
      status: 'failed',
      retriable: false,
    });
  });

  test('after a failure without a report, the last lines of the log are taken if they are one', async () => {
    const { watch } = await context().submitted(
      shell(`echo '{"status":"failed","error_code":"LOGGED"}'; exit 1`),
    );
    const end = await watch.final();
    expect(JSON.parse(end.outcome?.agentReportJson ?? '')).toEqual({
      status: 'failed',
      error_code: 'LOGGED',
    });
  });

  test('a log that is no report is not passed on as one', async () => {
    const { watch } = await context().submitted(shell('echo Traceback; exit 1'));
    const end = await watch.final();
    expect(ending(end)).toMatchObject({ reason: 'AgentFailed', exitCode: 1 });
    expect(end.outcome?.agentReportJson).toBe('');
  });

  test('a report above 4,096 bytes is cut off by the node, and is none', async () => {
    const { watch } = await context().submitted(
      shell(
        `{ printf '{"status":"failed","message":"'; head -c 5000 /dev/zero | tr '\\0' x; printf '"}'; } > /dev/termination-log; exit 4`,
      ),
    );
    const end = await watch.final();
    expect(ending(end)).toMatchObject({ reason: 'PermissionDenied', exitCode: 4 });
    expect(end.outcome?.agentReportJson).toBe('');
  });
};
