import { create, fromJson, toJson } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import {
  CancelStepResponseSchema,
  type SubmitStepRequest,
  SubmitStepRequestSchema,
  SubmitStepResponseSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { type Step, StepSchema, StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { ExecutorError } from '../../../src/step/errors.ts';
import { aStep, ended, hostile, queued, unsafeOutput } from '../../unit/cli/steps.ts';
import { anEvent, anExecutor, type Finished, runGlip, snapshot, startGlip, update } from './harness.ts';

const file = 'key: {tenant: acme, run_id: run-7, step_id: clean}\nmanifest_json: "{}"\n';
const submitStep = async () => create(SubmitStepResponseSchema, { step: aStep(), created: true });
const waitForEver = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

function widest({ stdout, stderr }: Finished): number {
  return Math.max(...`${stdout}\n${stderr}`.split('\n').map((line) => line.length));
}

async function endingWith(step: Step): Promise<string> {
  return await anExecutor({
    submitStep,
    watchStep: async function* () {
      yield snapshot(aStep({ timeline: [queued] }));
      yield update(aStep());
      yield update(step, 'c3');
    },
  });
}

test('run submits the file and tells of each phase', async () => {
  const requests: SubmitStepRequest[] = [];
  const server = await anExecutor({
    submitStep: async (request) => {
      requests.push(request);
      return await submitStep();
    },
    watchStep: async function* () {
      yield snapshot(aStep({ timeline: [queued] }));
      yield update(ended(StepState.SUCCEEDED));
    },
  });
  const result = await runGlip(['run', '-f', '-', '--server', server], {}, file);
  expect(result).toEqual({
    code: 0,
    stdout:
      'acme/run-7/clean@0 submitted\n12:00:00  QUEUED\n12:00:02  RUNNING\n12:00:05  SUCCEEDED        ran for 3 s\n',
    stderr: '',
  });
  expect(requests.map((request) => toJson(SubmitStepRequestSchema, request))).toEqual([
    { key: { tenant: 'acme', runId: 'run-7', stepId: 'clean' }, manifestJson: '{}' },
  ]);
});

test.for([
  [
    "the agent's exit code",
    ended(StepState.FAILED, {
      exitCode: 3,
      message: 'an input does not have its checksum; fetch it afresh and try again',
    }),
    3,
  ],
  ['1 without an exit code', ended(StepState.FAILED, { reason: 'Evicted' }), 1],
  ['124 for a timeout', ended(StepState.TIMED_OUT, { exitCode: 1 }), 124],
  ['130 for a cancel', ended(StepState.CANCELLED), 130],
] as const)('the exit code is %s, and all fits 80 columns', async ([, step, code]) => {
  const result = await runGlip(['run', '-f', '-', '--server', await endingWith(step)], {}, file);
  expect(result.code).toBe(code);
  expect(widest(result)).toBeLessThanOrEqual(80);
});

test.for(['json', 'yaml'] as const)(
  '-o %s gives the step to programs and progress to people',
  async (format) => {
    const step = ended(StepState.FAILED, { exitCode: 2, message: hostile });
    const server = await endingWith(step);
    const result = await runGlip(['run', '-f', '-', '--server', server, '-o', format], {}, file);
    const value: unknown = format === 'json' ? JSON.parse(result.stdout) : parseYaml(result.stdout);
    expect(fromJson(StepSchema, value as never)).toEqual(step);
    expect(result.stderr).toContain('12:00:02  RUNNING');
    expect(`${result.stdout}${result.stderr}`).not.toMatch(unsafeOutput);
    expect(result.code).toBe(2);
  },
);

test('hostile words of the executor do nothing to the terminal', async () => {
  const server = await endingWith(
    ended(StepState.FAILED, { reason: hostile, message: hostile, exitMeaning: hostile, exitCode: 1 }),
  );
  const result = await runGlip(['run', '-f', '-', '--server', server], {}, file);
  expect(result.stdout).toContain('\\x1b[31m');
  expect(`${result.stdout}${result.stderr}`).not.toMatch(unsafeOutput);
});

test('a lost stream is taken up again with the cursor, and each transition is told once', async () => {
  const cursors: string[] = [];
  const server = await anExecutor({
    submitStep,
    watchStep: async function* ({ cursor }) {
      cursors.push(cursor);
      if (cursors.length === 1) {
        yield snapshot(aStep(), 'c1');
        throw new ExecutorError({
          code: 'UNAVAILABLE',
          reason: 'DRAINING',
          message: 'come back',
          retryAfterMs: 10,
        });
      }
      yield update(ended(StepState.SUCCEEDED), 'c2');
    },
  });
  const { code, stdout } = await runGlip(['run', '-f', '-', '--server', server], {}, file);
  expect(code).toBe(0);
  expect(cursors).toEqual(['', 'c1']);
  expect(stdout.split('\n').map((line) => line.slice(10).trimEnd())).toEqual([
    '/clean@0 submitted',
    'QUEUED',
    'RUNNING',
    'connection lost  come back; trying again',
    'connected        again',
    'SUCCEEDED        ran for 3 s',
    '',
  ]);
});

test('a submit is repeated while the executor is not ready', async () => {
  let calls = 0;
  const server = await anExecutor({
    submitStep: async () => {
      calls += 1;
      if (calls > 1) return create(SubmitStepResponseSchema, { step: aStep() });
      throw new ExecutorError({
        code: 'UNAVAILABLE',
        reason: 'NOT_YET_SYNCED',
        message: 'one moment',
        retryAfterMs: 1,
      });
    },
  });
  const { code, stdout, stderr } = await runGlip(['submit', '-f', '-', '--server', server], {}, file);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'acme/run-7/clean@0 unchanged (RUNNING)\n' });
  expect(stderr).toMatch(/^glip: not ready \(NOT_YET_SYNCED: one moment\); again in \d+ms\n$/);
});

test('the first Ctrl-C cancels the step and waits for its end', async () => {
  const asked = anEvent<string>();
  const server = await anExecutor({
    submitStep,
    cancelStep: async ({ reason }) => {
      asked.resolve(reason);
      return create(CancelStepResponseSchema, {});
    },
    watchStep: async function* () {
      yield snapshot(aStep());
      await asked.promise;
      yield update(ended(StepState.CANCELLED));
    },
  });
  const glip = startGlip(['run', '-f', '-', '--server', server], {}, file);
  await glip.printed('RUNNING');
  glip.child.kill('SIGINT');
  expect(await asked.promise).toBe('interrupted at the terminal');
  const { code, stdout, stderr } = await glip.finished;
  expect(code).toBe(130);
  expect(stdout).toContain('CANCELLED');
  expect(stderr).toContain('press Ctrl-C again to leave');
});

test('the second Ctrl-C leaves', async () => {
  const server = await anExecutor({
    submitStep,
    cancelStep: async () => create(CancelStepResponseSchema, {}),
    watchStep: async function* (_, { signal }) {
      yield snapshot(aStep());
      await waitForEver(signal);
    },
  });
  const glip = startGlip(['run', '-f', '-', '--server', server], {}, file);
  await glip.printed('RUNNING');
  glip.child.kill('SIGINT');
  await glip.printed('press Ctrl-C again');
  glip.child.kill('SIGINT');
  const { code, stderr } = await glip.finished;
  expect(code).toBe(130);
  expect(stderr).toContain('left without waiting for the end of the step');
});

test('--timeout ends the following, not the step', async () => {
  const server = await anExecutor({
    submitStep,
    watchStep: async function* (_, { signal }) {
      yield snapshot(aStep());
      await waitForEver(signal);
    },
  });
  const { code, stderr } = await runGlip(
    ['run', '-f', '-', '--server', server, '--timeout', '300ms'],
    {},
    file,
  );
  expect({ code, stderr }).toEqual({
    code: 75,
    stderr: 'glip: stopped following after 300ms; what was submitted goes on\n',
  });
});

test('a wrong file is told in full and never sent', async () => {
  const result = await runGlip(
    ['run', '-f', '-', '--server', '127.0.0.1:1'],
    {},
    'key: {step_di: a}\nmanifest_jsn: x\n',
  );
  expect(result).toEqual({
    code: 65,
    stdout: '',
    stderr:
      'glip: standard input: key.step_di: is not a field of StepKey; did you mean step_id?\n' +
      'glip: standard input: manifest_jsn: is not a field of SubmitStepRequest; did you mean manifest_json?\n',
  });
  expect(await runGlip(['run', '-f', '/nowhere.yaml'])).toMatchObject({ code: 66, stdout: '' });
});

test('a refusal lists every violation', async () => {
  const violations = [
    { field: 'key.tenant', message: `is bad: ${hostile}` },
    { field: 'options.pool', message: 'is not a pool' },
  ];
  const server = await anExecutor({
    submitStep: async () => {
      throw new ExecutorError({
        code: 'INVALID_ARGUMENT',
        reason: 'INVALID_REQUEST',
        message: 'bad',
        violations,
      });
    },
  });
  const { code, stderr } = await runGlip(['submit', '-f', '-', '--server', server], {}, file);
  expect(code).toBe(65);
  expect(stderr.split('\n')[0]).toBe(
    'glip: the executor refuses the request, INVALID_ARGUMENT (INVALID_REQUEST):',
  );
  expect(stderr).toMatch(/^glip: {3}key.tenant: is bad: a\\u\{1b\}\[31m/m);
  expect(stderr).toContain('glip:   options.pool: is not a pool\n');
  expect(stderr).not.toMatch(unsafeOutput);
});

test('a dry run prints the Job', async () => {
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'glip-x' } };
  const asked: boolean[] = [];
  const server = await anExecutor({
    submitStep: async ({ validateOnly }) => {
      asked.push(validateOnly);
      return create(SubmitStepResponseSchema, { jobJson: JSON.stringify(job) });
    },
  });
  const args = ['submit', '-f', '-', '--server', server, '--dry-run=server'];
  const yaml = await runGlip([...args, '-o', 'yaml'], {}, file);
  expect(parseYaml(yaml.stdout)).toEqual(job);
  expect(await runGlip(args, {}, file)).toEqual({
    code: 0,
    stdout: 'acme/run-7/clean@0 is valid (server dry run)\n',
    stderr: '',
  });
  expect(asked).toEqual([true, true]);
});
