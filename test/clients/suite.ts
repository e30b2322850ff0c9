import { randomUUID } from 'node:crypto';
import { constants } from 'node:http2';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { examplesOf } from '../readme/examples.ts';
import { until } from '../support/control-plane/until.ts';
import {
  type ClientProgram,
  type RunningClient,
  runClient,
  type Said,
  startClient,
} from './support/client-program.ts';
import { type ExecutorProcess, startExecutorProcess } from './support/executor-process.ts';
import { type Relay, startRelay } from './support/relay.ts';

export interface ClientSuite {
  readonly name: string;
  readonly skip: boolean;
  /** Installs or builds the client. */
  readonly prepare: () => Promise<ClientProgram>;
  readonly prepareWithinMs: number;
}

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM } = constants;

/** What a client must be able to do, in whatever language. */
export function describeClient({ name, skip, prepare, prepareWithinMs }: ClientSuite): void {
  describe.skipIf(skip)(name, { timeout: 120_000 }, () => {
    let executor: ExecutorProcess;
    let program: ClientProgram;

    beforeAll(async () => {
      const client = await prepare();
      const serviceConfig = examplesOf('docs/clients.md').get('service-config')?.code ?? '';
      program = { ...client, env: { ...client.env, SERVICE_CONFIG: serviceConfig } };
    }, prepareWithinMs);
    beforeAll(async () => {
      // Heartbeats come often, so that a test sees at once that a stream is there.
      executor = await startExecutorProcess({
        flags: ['--embedded-delays', 'none', '--heartbeat-interval', '100ms'],
      });
    }, 90_000);
    afterAll(() => executor?.stop(), 90_000);

    const aStep = () => ['--run', randomUUID(), '--step', 'work'];
    const call = (args: readonly string[], address = executor.grpc) => runClient(program, [address, ...args]);
    const submit = async (step: readonly string[], params: object): Promise<Said> => {
      const { code, said } = await call(['submit', ...step, '--params', JSON.stringify(params)]);
      expect(code, JSON.stringify(said)).toBe(0);
      return said[0]!;
    };
    const watch = (args: readonly string[], address = executor.grpc, command = 'watch'): RunningClient => {
      const client = startClient(program, [address, command, ...args]);
      onTestFinished(async () => {
        client.kill();
        await client.exited;
      });
      return client;
    };
    const relay = async (): Promise<Relay> => {
      const started = await startRelay(executor.grpc);
      onTestFinished(() => started.stop());
      return started;
    };

    test('submits, watches each transition once, gets and lists', async () => {
      const step = aStep();
      expect(await submit(step, { run_ms: 300 })).toMatchObject({ created: true, step: 'work' });
      expect(await submit(step, { run_ms: 300 })).toMatchObject({ created: false });

      const client = watch(step);
      expect(await client.exited).toBe(0);
      expect(client.said[0]).toMatchObject({ frame: 'snapshot' });
      expect(client.said.at(-1)).toMatchObject({ state: 'SUCCEEDED', reason: 'Completed' });
      expectEachOnce(client.said, 'FINISHED/SUCCEEDED');

      expect((await call(['get', ...step])).said).toMatchObject([{ state: 'SUCCEEDED', phase: 'FINISHED' }]);
      await submit([...step.slice(0, -1), 'more'], {});
      const listed = await call(['list', ...step.slice(0, 2)]);
      // One to a page; the order of two that are made within a second is open.
      expect(listed.said.map((s) => s.step).sort()).toEqual(['more', 'work']);
    });

    test('cancels a running step, and is told when it is over', async () => {
      const step = aStep();
      await submit(step, { run_ms: 3_600_000 });
      const client = watch(step);
      await client.saying('RUNNING', (s) => s.state === 'RUNNING');
      const { said } = await call(['cancel', ...step, '--reason', 'seen enough']);
      expect(said).toMatchObject([{ step: 'work', cancelled: 'seen enough' }]);
      expect(['CANCELLING', 'CANCELLED']).toContain(said[0]?.state);
      expect(await client.exited).toBe(0);
      expect(client.said.map((s) => s.state)).toContain('CANCELLING');
      expect(client.said.at(-1)).toMatchObject({ state: 'CANCELLED', cancelled: 'seen enough' });
    });

    test('reads the output of a step to its end, and goes on behind a line', async () => {
      const step = aStep();
      await submit(step, { log_lines: 300, run_ms: 300 });
      const { code, said } = await call(['logs', ...step]);
      expect(code).toBe(0);
      const numbers = (lines: readonly Said[]) =>
        lines.flatMap(({ message = '' }) => /^probe line (\d+) /.exec(message)?.[1] ?? []).map(Number);
      expect(numbers(said)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
      expect(said.filter(({ frame }) => frame !== 'line')).toEqual([]);
      const { cursor = '' } = said[0]!;
      const rest = await call(['logs', ...step, '--cursor', cursor]);
      const known = said.filter((line) => line.cursor === cursor).length;
      expect(rest.said.map((line) => line.message)).toEqual(said.slice(known).map((line) => line.message));
    });

    test('goes on from a cursor with what came after it, marked as replayed', async () => {
      const step = aStep();
      await submit(step, { run_ms: 3_600_000 });
      const whole = watch(step);
      await whole.saying('RUNNING', (s) => s.state === 'RUNNING');
      await call(['cancel', ...step]);
      await whole.exited;
      const { cursor = '' } = whole.said[0] ?? {};
      const rest = await call(['watch', ...step, '--cursor', cursor]);
      const updates = whole.said.filter((s) => s.frame === 'update');
      expect(updates.map((s) => s.state)).toContain('CANCELLED');
      expect(rest.said.map(place)).toEqual(updates.map(place));
      expect(rest.said.map((s) => [s.frame, s.replayed])).toEqual(updates.map(() => ['update', true]));
    });

    test('reads the details of errors', async () => {
      const invalid = await call(['submit', '--run', '', '--step', 'No!', '--cpu', 'much']);
      expect(invalid.code).toBe(1);
      expect(invalid.said).toMatchObject([{ error: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' }]);
      const { violations = [] } = invalid.said[0] ?? {};
      const fields = violations.map((v) => v.field);
      expect(fields).toEqual(
        expect.arrayContaining(['key.run_id', 'key.step_id', 'invocation.spec.resources.cpu']),
      );
      expect(violations.every((v) => v.description.length > 10)).toBe(true);

      const step = aStep();
      expect((await call(['watch', ...step])).said).toMatchObject([
        { error: 'NOT_FOUND', reason: 'STEP_UNKNOWN' },
      ]);
      expect((await call(['submit', ...step, '--tenant', 'nobody'])).said).toMatchObject([
        { error: 'NOT_FOUND', reason: 'TENANT_UNKNOWN' },
      ]);
      await submit(step, {});
      const other = await call(['submit', ...step, '--params', '{"run_ms": 1}']);
      expect(other.said).toMatchObject([{ error: 'ALREADY_EXISTS', reason: 'STEP_SPEC_MISMATCH' }]);
      const hashes = Object.values(other.said[0]?.metadata ?? {}).filter((v) => /[0-9a-f]{64}/.test(v));
      expect(new Set(hashes).size).toBe(2);
    });

    test('leaves a stream at its deadline, and the step alone', async () => {
      const step = aStep();
      await submit(step, { run_ms: 3_600_000 });
      const { code, said } = await call(['watch', ...step, '--timeout', '1.5']);
      expect(code).toBe(1);
      expect(said.at(-1)).toMatchObject({ error: 'DEADLINE_EXCEEDED' });
      const { said: now } = await call(['get', ...step]);
      expect(['PENDING', 'RUNNING']).toContain(now[0]?.state);
      await call(['cancel', ...step]);
    });

    test('repeats a call that met UNAVAILABLE, by the service config of the docs', async () => {
      const { address, answerUnavailable } = await relay();
      const step = aStep();
      answerUnavailable(2);
      const repeated = await call(['submit', ...step], address);
      expect(repeated.said).toMatchObject([{ created: true }]);
      answerUnavailable(1_000);
      expect((await call(['get', ...step], address)).said).toMatchObject([{ error: 'UNAVAILABLE' }]);
    });

    test('finds every transition once, whatever happens to the connection', async () => {
      const step = aStep();
      await submit(step, { run_ms: 3_600_000, on_sigterm: 'die' });
      const between = await relay();
      const client = watch(step, between.address);
      await client.saying('RUNNING', (s) => s.state === 'RUNNING');
      const faults: readonly [string, () => void][] = [
        ['INTERNAL', () => between.resetStreams(NGHTTP2_INTERNAL_ERROR)],
        ['UNAVAILABLE', () => between.resetStreams(NGHTTP2_REFUSED_STREAM)],
        ['CANCELLED', () => between.resetStreams(NGHTTP2_CANCEL)],
        ['UNAVAILABLE', () => between.cut()],
      ];
      for (const [code, fault] of faults) {
        const from = client.said.length;
        fault();
        await client.saying(`reconnecting for ${code}`, (s) => s.frame === 'reconnecting', from);
        expect(client.said.slice(from).find((s) => s.frame === 'reconnecting')).toMatchObject({ code });
        const lost = client.said.findIndex((s, i) => i >= from && s.frame === 'reconnecting');
        await client.saying('the stream again', (s) => s.frame === 'heartbeat', lost);
      }
      // What happens meanwhile is told afterwards.
      between.refuse(true);
      between.cut();
      await call(['cancel', ...step]);
      const isOver = async () => (await call(['get', ...step])).said[0]?.state === 'CANCELLED';
      await until('CANCELLED', isOver, { timeoutMs: 60_000 });
      between.refuse(false);

      expect(await client.exited).toBe(0);
      expect(client.said.filter((s) => s.frame === 'snapshot')).toHaveLength(1);
      expect(client.said.at(-1)).toMatchObject({ frame: 'update', state: 'CANCELLED', replayed: true });
      expectEachOnce(client.said, 'FINISHED/CANCELLED');
    });

    test('tells each frame of a run in one stream, and goes on from its cursor in a second one', async () => {
      const step = aStep();
      await submit(step, { run_ms: 3_600_000 });
      const first = watch(step, executor.grpc, 'watch-steps');
      const synced = await first.saying('the start is over', (s) => s.frame === 'synced');
      const start = first.said.slice(0, first.said.indexOf(synced));
      expect(start).toMatchObject([{ frame: 'snapshot', step: 'work', cursor: '' }]);
      expect(synced).toMatchObject({ steps: 1, cursor: expect.stringMatching(/./) });
      await first.saying('RUNNING', (s) => s.state === 'RUNNING');
      await call(['cancel', ...step]);
      const end = await first.saying('the end', (s) => s.state === 'CANCELLED');
      first.kill();
      await first.exited;
      expect(end).toMatchObject({ frame: 'update', transition: true, replayed: false });
      expectEachOnce(first.said, 'FINISHED/CANCELLED');
      expect(first.said.map((s) => s.state)).toContain('CANCELLING');

      // What was told after that place is told again, as it is now; what was told before it is not.
      const second = watch([...step, '--cursor', synced.cursor ?? ''], executor.grpc, 'watch-steps');
      const caughtUp = await second.saying('the second start is over', (s) => s.frame === 'synced');
      const missed = second.said.slice(0, second.said.indexOf(caughtUp));
      expect(missed).toMatchObject([
        { frame: 'update', state: 'CANCELLED', replayed: true, transition: false },
      ]);
      const third = watch([...step, '--cursor', caughtUp.cursor ?? ''], executor.grpc, 'watch-steps');
      expect(await third.saying('a frame', () => true)).toMatchObject({ frame: 'synced', steps: 0 });
    });

    test('finds each end of a run once, in one stream, whatever happens to that', async () => {
      const run = ['--run', randomUUID()];
      const steps = ['a', 'b', 'c'].map((step) => [...run, '--step', step]);
      for (const [i, step] of steps.entries()) await submit(step, { run_ms: i === 0 ? 0 : 3_600_000 });
      const between = await relay();
      const client = watch(run, between.address, 'watch-run');
      await client.saying('the end of a', (s) => s.frame === 'end' && s.step === 'a');
      await client.saying('the start is over', (s) => s.frame === 'synced');
      between.resetStreams(NGHTTP2_INTERNAL_ERROR);
      await client.saying('reconnecting', (s) => s.frame === 'reconnecting');
      await call(['cancel', ...steps[1]!]);
      await client.saying('the end of b', (s) => s.frame === 'end' && s.step === 'b');
      between.refuse(true);
      between.cut();
      await call(['cancel', ...steps[2]!]);
      const isOver = async () => (await call(['get', ...steps[2]!])).said[0]?.state === 'CANCELLED';
      await until('CANCELLED', isOver, { timeoutMs: 60_000 });
      between.refuse(false);
      expect(await client.exited).toBe(0);
      const ends = client.said.filter((s) => s.frame === 'end').map((s) => [s.step, s.state]);
      expect(ends).toEqual([
        ['a', 'SUCCEEDED'],
        ['b', 'CANCELLED'],
        ['c', 'CANCELLED'],
      ]);
      expect((await call(['ack', ...steps[2]!])).said).toEqual([{ acknowledged: 'c' }]);
    });

    test('comes back after a goodbye', async () => {
      const aging = await startExecutorProcess({
        flags: ['--embedded-delays', 'none', '--watch-max-age', '1s'],
      });
      onTestFinished(() => aging.stop());
      const step = aStep();
      const params = JSON.stringify({ run_ms: 3_600_000 });
      await call(['submit', ...step, '--params', params], aging.grpc);
      const client = watch(step, aging.grpc);
      await client.saying('goodbye', (s) => s.frame === 'goodbye');
      await call(['cancel', ...step], aging.grpc);
      expect(await client.exited).toBe(0);
      const goodbye = client.said.findIndex((s) => s.frame === 'goodbye');
      expect(client.said[goodbye]).toMatchObject({
        reason: 'MAXIMUM_AGE',
        cursor: expect.stringMatching(/./),
      });
      expect(client.said[goodbye + 1]).toMatchObject({ frame: 'reconnecting', code: 'UNAVAILABLE' });
      expectEachOnce(client.said, 'FINISHED/CANCELLED');
    });
  });
}

const place = ({ phase, state }: Said): string => `${phase}/${state}`;

/** No transition twice, and the end last. */
function expectEachOnce(said: readonly Said[], end: string): void {
  const places = said.filter((s) => s.transition || s.frame === 'snapshot').map(place);
  expect(places).toEqual([...new Set(places)]);
  expect(places.at(-1)).toBe(end);
}
