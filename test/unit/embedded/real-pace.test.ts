import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aJob, type Frame, has, JOBS, PODS, script, startCluster, until } from './harness.ts';

const stateOf = ({ object }: Frame) => Object.keys(object.status.containerStatuses?.[0]?.state ?? {})[0];

describe('with real delays', () => {
  it('a Job takes the course of a real one, at its pace', async () => {
    const catalogue = { agent: script('') };
    const cluster = await startCluster({ catalogue, delays: 'real' });
    const jobs = await cluster.watch(`${JOBS}?watch=1`);
    const pods = await cluster.watch(`${PODS}?watch=1`);
    await cluster.ok('POST', JOBS, aJob('j'));
    await cluster.job('j', (job) => has(job, 'Complete'));
    await until('the last frame', () => jobs.frames.some(({ object }) => has(object, 'Complete')));
    const first = (frames: readonly Frame[], wanted: (frame: Frame) => boolean) =>
      frames.find(wanted)?.at ?? Number.NaN;
    const at = {
      created: first(pods.frames, () => true),
      running: first(pods.frames, (frame) => stateOf(frame) === 'running'),
      terminated: first(pods.frames, (frame) => stateOf(frame) === 'terminated'),
      phase: first(pods.frames, ({ object }) => object.status.phase === 'Succeeded'),
      complete: first(jobs.frames, ({ object }) => has(object, 'Complete')),
    };
    // Lower bounds are those of the delays; the upper ones leave room for a busy machine.
    expect(at.running - at.created).toBeGreaterThan(700);
    expect(at.phase - at.terminated).toBeGreaterThan(1_100);
    expect(at.phase - at.terminated).toBeLessThan(4_000);
    expect(at.complete - at.phase).toBeGreaterThan(0);
    expect(at.complete - at.terminated).toBeLessThan(6_000);
  });

  it('a cancelled Job fails about a second after its pod is gone', async () => {
    const cluster = await startCluster({ delays: 'real' });
    const jobs = await cluster.watch(`${JOBS}?watch=1`);
    const pods = await cluster.watch(`${PODS}?watch=1`);
    await cluster.ok('POST', JOBS, aJob('j', { pod: { schedulingGates: [{ name: 'x.io/gate' }] } }));
    await cluster.pod('j', () => true);
    await cluster.patch(`${JOBS}/j`, { spec: { activeDeadlineSeconds: 0 } });
    await cluster.job('j', (job) => has(job, 'Failed'));
    await until('the last frame', () => jobs.frames.some(({ object }) => has(object, 'Failed')));
    const gone = pods.frames.find(({ type }) => type === 'DELETED')?.at ?? Number.NaN;
    const failed = jobs.frames.find(({ object }) => has(object, 'Failed'))?.at ?? Number.NaN;
    expect(failed - gone).toBeGreaterThan(500);
    expect(failed - gone).toBeLessThan(4_000);
  });
});

describe('when the process of the cluster is killed', () => {
  it('its programs die with it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'killed-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const child = spawn(process.execPath, [join(import.meta.dirname, 'killed-cluster.ts'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [output] = await once(child.stdout, 'data');
    const pid = Number(String(output));
    expect(pid).toBeGreaterThan(1);
    process.kill(pid, 0);
    child.kill('SIGKILL');
    await until('the program is dead', () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
  });
});
