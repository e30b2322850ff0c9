import { createServer } from 'node:net';
import { create, fromJson } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import {
  AckStepResponseSchema,
  type CancelStepRequest,
  CancelStepResponseSchema,
  GetStepResponseSchema,
  type ListStepsRequest,
  ListStepsResponseSchema,
  StepView,
  WatchStepsResponseSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { type Step, StepSchema, StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { ExecutorError } from '../../../src/step/errors.ts';
import { aStep, ended, hostile, key, unsafeOutput } from '../../unit/cli/steps.ts';
import { anExecutor, runGlip, snapshot, startGlip, update } from './harness.ts';

const unknown = () =>
  new ExecutorError({ code: 'NOT_FOUND', reason: 'STEP_UNKNOWN', message: 'no such step' });
const getStep = async ({ key: asked }: { key?: { stepId: string } | undefined }) => {
  if (asked?.stepId === 'gone') throw unknown();
  return create(GetStepResponseSchema, {
    step: ended(StepState.FAILED, { reason: 'OOMKilled' }, { key: { ...key, stepId: asked?.stepId ?? '' } }),
  });
};

test('where nobody listens, the way to start an executor is told', async () => {
  const port = await freePort();
  const want = `glip: no executor answers at 127.0.0.1:${port}: is it running? Start one with: npm run serve\n`;
  expect(await runGlip(['list', '--server', `127.0.0.1:${port}`])).toEqual({
    code: 69,
    stdout: '',
    stderr: want,
  });
  const watch = await runGlip(['watch', 'a/b/c'], {
    GLIP_SERVER: `127.0.0.1:${port}`,
    http_proxy: 'http://127.0.0.1:9',
  });
  expect(watch).toMatchObject({ code: 69, stdout: '' });
  expect(watch.stderr).toContain(want);
});

test('a wrong command line is exit code 64 with a hint', async () => {
  expect(await runGlip(['wach', 'a/b/c'])).toEqual({
    code: 64,
    stdout: '',
    stderr: 'glip: unknown command "wach"; did you mean watch?\nSee \'glip --help\'.\n',
  });
});

test('get shows what is there, and tells of what is not', async () => {
  const server = await anExecutor({ getStep });
  const { code, stdout, stderr } = await runGlip(['get', 'acme/run-7/clean', 'run-7/gone'], {
    GLIP_SERVER: server,
    GLIP_TENANT: 'acme',
  });
  expect(code).toBe(66);
  expect(stdout).toMatch(/^KEY +STATE +AGE +REASON\nacme\/run-7\/clean@0 {3}FAILED {3}\d+d {3}OOMKilled\n$/);
  expect(stderr).toBe(
    'glip: acme/run-7/gone@0: NOT_FOUND (STEP_UNKNOWN): no such step\nglip: "glip list" shows the steps that are known.\n',
  );
});

test.for(['json', 'yaml'] as const)(
  'get -o %s gives one step alone, and several as a list',
  async (format) => {
    const server = await anExecutor({ getStep });
    const read = (text: string) => (format === 'json' ? JSON.parse(text) : parseYaml(text));
    const one = await runGlip(['get', 'acme/run-7/clean', '-o', format, '--server', server]);
    expect(fromJson(StepSchema, read(one.stdout))).toMatchObject({ key, state: StepState.FAILED });
    const two = await runGlip(['get', 'acme/run-7/a', 'acme/run-7/b', '-o', format, '--server', server]);
    expect(read(two.stdout).steps.map(({ key }: { key: { stepId: string } }) => key.stepId)).toEqual([
      'a',
      'b',
    ]);
  },
);

test('list asks for page after page and says what it filters', async () => {
  const requests: ListStepsRequest[] = [];
  const server = await anExecutor({
    listSteps: async (request) => {
      requests.push(request);
      const page = requests.length;
      const steps = [aStep({ key: { ...key, stepId: `step-${page}` } })];
      return create(ListStepsResponseSchema, { steps, nextPageToken: page < 3 ? `page-${page + 1}` : '' });
    },
  });
  const { stdout } = await runGlip([
    'list',
    '--server',
    server,
    '--tenant',
    'acme',
    '--state',
    'running',
    '-l',
    'a=b',
    '-o',
    'name',
  ]);
  expect(stdout).toBe('acme/run-7/step-1@0\nacme/run-7/step-2@0\nacme/run-7/step-3@0\n');
  expect(requests.map(({ pageToken }) => pageToken)).toEqual(['', 'page-2', 'page-3']);
  expect(requests[2]?.filter).toMatchObject({
    tenant: 'acme',
    states: [StepState.RUNNING],
    labels: { a: 'b' },
  });
  requests.length = 0;
  const two = await runGlip(['list', '--server', server, '--limit', '2', '-o', 'name']);
  expect(two.stdout.split('\n')).toHaveLength(3);
});

test.for([
  ['list'],
  ['list', '-o', 'wide'],
  ['list', '-o', 'json'],
  ['list', '-o', 'yaml'],
  ['list', '-o', 'name'],
  ['describe', 'a/b/c'],
  ['explain', 'a/b/c'],
  ['explain', 'a/b/c', '-o', 'json'],
  ['cancel', `a/${hostile}/c`],
])('hostile names and words are escaped in every form of output: %j', async (command) => {
  const step = ended(
    StepState.FAILED,
    { reason: hostile, message: hostile },
    { key: { tenant: hostile, runId: hostile, stepId: hostile }, node: hostile },
  );
  const server = await anExecutor({
    listSteps: async () => create(ListStepsResponseSchema, { steps: [step] }),
    getStep: async () => create(GetStepResponseSchema, { step }),
    cancelStep: async () => {
      throw new ExecutorError({ code: 'FAILED_PRECONDITION', reason: 'X', message: hostile });
    },
  });
  const { stdout, stderr } = await runGlip([...command, '--server', server]);
  expect(stdout + stderr).toContain('31m');
  expect(stdout + stderr).not.toMatch(unsafeOutput);
});

test('cancel of a whole run names its steps, and says when there are more or none', async () => {
  const targets: CancelStepRequest['target'][] = [];
  const of = (stepId: string) => aStep({ key: { ...key, stepId }, state: StepState.CANCELLING });
  const server = await anExecutor({
    cancelStep: async ({ target }) => {
      targets.push(target);
      if (targets.length > 1) return create(CancelStepResponseSchema, {});
      return create(CancelStepResponseSchema, { steps: [of('a'), of('b')], totalSize: 5 });
    },
  });
  const command = ['cancel', '--server', server, '--tenant', 'acme', '--run', 'run-7', '--all'];
  expect(await runGlip(command)).toEqual({
    code: 0,
    stdout: 'acme/run-7/a@0 cancelling\nacme/run-7/b@0 cancelling\n',
    stderr: 'glip: and 3 more: "glip list" shows them\n',
  });
  expect(targets[0]).toMatchObject({ case: 'run', value: { tenant: 'acme', runId: 'run-7' } });
  expect(await runGlip(command)).toEqual({
    code: 0,
    stdout: '',
    stderr: 'glip: the run has no steps here\n',
  });
});

test('cancel says what became of each step', async () => {
  const reasons: string[] = [];
  const server = await anExecutor({
    cancelStep: async ({ reason, target }) => {
      reasons.push(reason);
      const asked = target.case === 'key' ? target.value : undefined;
      return create(CancelStepResponseSchema, {
        steps: [aStep({ key: { ...key, stepId: asked?.stepId ?? '' }, state: StepState.CANCELLING })],
      });
    },
  });
  const result = await runGlip([
    'cancel',
    'acme/run-7/a',
    'acme/run-7/b',
    '--reason',
    'why',
    '--server',
    server,
  ]);
  expect(result).toEqual({
    code: 0,
    stdout: 'acme/run-7/a@0 cancelling\nacme/run-7/b@0 cancelling\n',
    stderr: '',
  });
  expect(reasons).toEqual(['why', 'why']);
});

/** Acknowledges what is over; `gone` is unknown and `runs` is not over. */
const ackStep = async ({ key: asked }: { key?: { stepId: string } | undefined }) => {
  if (asked?.stepId === 'gone') throw unknown();
  if (asked?.stepId === 'runs') {
    const message = 'the step is not over';
    throw new ExecutorError({ code: 'FAILED_PRECONDITION', reason: 'STEP_NOT_FINISHED', message });
  }
  return create(AckStepResponseSchema);
};

test('ack says which records were let go, and why others were not', async () => {
  const server = await anExecutor({ ackStep });
  const env = { GLIP_SERVER: server };
  expect(await runGlip(['ack', 'acme/run-7/clean'], env)).toEqual({
    code: 0,
    stdout: 'acme/run-7/clean@0 acknowledged\n',
    stderr: '',
  });
  const several = ['ack', 'acme/run-7/a', 'acme/run-7/runs', 'acme/run-7/gone', 'acme/run-7/b@2'];
  expect(await runGlip(several, env)).toEqual({
    code: 65,
    stdout: 'acme/run-7/a@0 acknowledged\nacme/run-7/b@2 acknowledged\n',
    stderr: [
      'glip: acme/run-7/runs@0: FAILED_PRECONDITION (STEP_NOT_FINISHED): the step is not over',
      'glip: "glip watch" follows it to its end.',
      'glip: acme/run-7/gone@0: NOT_FOUND (STEP_UNKNOWN): no such step',
      'glip: "glip list" shows the steps that are known.',
      '',
    ].join('\n'),
  });
});

test('ack -o json and name give the keys that were acknowledged', async () => {
  const server = await anExecutor({ ackStep });
  const env = { GLIP_SERVER: server };
  const [a, b] = ['a', 'b'].map((stepId) => ({ key: { tenant: 'acme', runId: 'run-7', stepId } }));
  const one = await runGlip(['ack', '-o', 'json', '--tenant=acme', '--run=run-7', '--step=a'], env);
  expect(JSON.parse(one.stdout)).toEqual(a);
  const keys = ['acme/run-7/a', 'acme/run-7/gone', 'acme/run-7/b'];
  const many = await runGlip(['ack', '-o', 'json', ...keys], env);
  expect(many.code).toBe(66);
  expect(JSON.parse(many.stdout)).toEqual({ steps: [a, b] });
  const names = await runGlip(['ack', '-o', 'name', ...keys], env);
  expect(names.stdout).toBe('acme/run-7/a@0\nacme/run-7/b@0\n');
});

test('watch follows several steps and takes the first exit code that is not 0', async () => {
  const ends: Record<string, StepState> = {
    a: StepState.SUCCEEDED,
    b: StepState.TIMED_OUT,
    c: StepState.FAILED,
  };
  const server = await anExecutor({
    watchStep: async function* ({ key: asked }) {
      yield update(
        ended(
          ends[asked?.stepId ?? ''] ?? StepState.FAILED,
          {},
          { key: { ...key, stepId: asked?.stepId ?? '' } },
        ),
      );
    },
  });
  const { code, stdout } = await runGlip([
    'watch',
    'acme/run-7/a',
    'acme/run-7/b',
    'acme/run-7/c',
    '--server',
    server,
  ]);
  expect(code).toBe(124);
  expect(stdout).toMatch(/^12:00:05 {2}b@0 +TIMED_OUT/m);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

describe('watch --run', () => {
  /** A run whose stream is lost in the middle, and goes on behind the cursor. */
  const aRun = (cursors: string[]) =>
    anExecutor({
      watchSteps: async function* ({ cursor, filter }) {
        cursors.push(cursor);
        expect(filter).toMatchObject({ tenant: 'acme', runId: 'run-7' });
        const of = (stepId: string) => ({ key: { ...key, stepId } });
        if (cursor === '') {
          yield toldMany('snapshot', aStep(of('a')), '1');
          yield toldMany('snapshot', ended(StepState.SUCCEEDED, {}, of('b')), '2');
          yield create(WatchStepsResponseSchema, {
            frame: { case: 'synced', value: { steps: 2 } },
            cursor: '3',
          });
          throw new ExecutorError({
            code: 'UNAVAILABLE',
            reason: 'DRAINING',
            message: 'bye',
            retryAfterMs: 1,
          });
        }
        yield toldMany('update', ended(StepState.TIMED_OUT, { reason: 'RunTimeout' }, of('a')), '4');
      },
    });

  test('tells each change once across a lost connection, and ends with the first bad exit code', async () => {
    const cursors: string[] = [];
    const server = await aRun(cursors);
    const args = ['watch', '--tenant', 'acme', '--run', 'run-7', '--until-over', '--server', server];
    const { code, stdout, stderr } = await runGlip(args);
    expect(stdout.split('\n')).toEqual([
      'acme/run-7/a@0 RUNNING',
      'acme/run-7/b@0 SUCCEEDED Completed',
      'acme/run-7/a@0 TIMED_OUT RunTimeout',
      '',
    ]);
    expect(stderr).toMatch(/connection lost \(bye\); following on/);
    expect(code).toBe(124);
    expect(cursors).toEqual(['', '3']);
  });

  test('with -o json is a step in each line', async () => {
    const server = await aRun([]);
    const args = [
      'watch',
      '--tenant',
      'acme',
      '--run',
      'run-7',
      '--until-over',
      '-o',
      'json',
      '--server',
      server,
    ];
    const { stdout } = await runGlip(args);
    const states = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { state: string }).state);
    expect(states).toEqual(['STEP_STATE_RUNNING', 'STEP_STATE_SUCCEEDED', 'STEP_STATE_TIMED_OUT']);
  });
});

test('top reads all pages without their histories, and is text or JSON', async () => {
  const asked: ListStepsRequest[] = [];
  const server = await anExecutor({
    listSteps: async (request) => {
      asked.push(request);
      const steps = [aStep(), ended(StepState.FAILED)];
      const nextPageToken = request.pageToken === '' ? 'more' : '';
      return create(ListStepsResponseSchema, { steps, nextPageToken });
    },
  });
  const { stdout, code } = await runGlip(['top', '--server', server]);
  expect(stdout).toMatch(/^4 steps\n\nSTATE +STEPS\nRUNNING +2\nFAILED +2\n/);
  expect(code).toBe(0);
  expect(asked.map(({ view, pageToken }) => [view, pageToken])).toEqual([
    [StepView.BASIC, ''],
    [StepView.BASIC, 'more'],
  ]);
  const { stdout: json } = await runGlip(['top', '--server', server, '-o', 'json']);
  expect(JSON.parse(json)).toMatchObject({ steps: 4, tenants: [{ tenant: 'acme', steps: 2 }] });
});

test('explain says what happened, and to which step it could not be asked', async () => {
  const server = await anExecutor({
    getStep: async ({ key: asked }) => {
      if (asked?.stepId === 'gone')
        throw new ExecutorError({
          code: 'NOT_FOUND',
          reason: 'STEP_UNKNOWN',
          message: 'there is no such step',
        });
      return create(GetStepResponseSchema, {
        step: ended(StepState.FAILED, { reason: 'OOMKilled', remedy: 'More.' }),
      });
    },
  });
  const { stdout, stderr, code } = await runGlip([
    'explain',
    'acme/run-7/a',
    'acme/run-7/gone',
    '--server',
    server,
  ]);
  expect(stdout).toMatch(/What happened\n {2}It used more memory than it may\.\n/);
  expect(stdout).toMatch(/What to do\n {2}- More\.\n/);
  expect(stderr).toMatch(/acme\/run-7\/gone@0: .*no such step/);
  expect(code).toBe(66);
});

test('Ctrl-C ends a watch and leaves the step alone', async () => {
  const server = await anExecutor({
    watchStep: async function* (_, { signal }) {
      yield snapshot(aStep());
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  });
  const glip = startGlip(['watch', 'acme/run-7/clean', '--server', server]);
  await glip.printed('RUNNING');
  glip.child.kill('SIGINT');
  expect(await glip.finished).toMatchObject({
    code: 130,
    stderr: 'glip: stopped watching; the steps go on\n',
  });
});

test('a reader that has enough is no error', async () => {
  const step = aStep({ image: 'x'.repeat(100_000) });
  const server = await anExecutor({
    listSteps: async () => create(ListStepsResponseSchema, { steps: Array(20).fill(step) }),
  });
  const glip = startGlip(['list', '-o', 'json', '--server', server]);
  glip.child.stdout?.once('data', () => glip.child.stdout?.destroy());
  expect(await glip.finished).toMatchObject({ code: 141, stderr: '' });
});

const toldMany = (kind: 'snapshot' | 'update', step: Step, cursor: string) =>
  create(WatchStepsResponseSchema, {
    frame: kind === 'snapshot' ? { case: kind, value: step } : { case: kind, value: { step } },
    cursor,
  });

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
