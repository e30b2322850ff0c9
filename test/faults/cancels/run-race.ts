import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StepPhase } from '../../../gen/glip/executor/v1/step_pb.js';
import { sleep } from '../../../src/lib/abort.ts';
import { shell } from '../../node/context.ts';
import type { ExecutorClient } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { stateName } from '../../support/states.ts';
import { aStep } from '../../support/step.ts';
import { createTenant, must } from '../../support/tenants.ts';
import { createTally } from '../load/tally.ts';
import { createRandom } from '../random.ts';

/** A tenant whose agents write to a directory of this machine. */
export interface RaceTrack {
  readonly tenant: string;
  readonly claim: string;
  /** What an agent has written down; undefined of one that has written nothing. */
  readonly written: (runId: string) => Promise<string | undefined>;
  readonly close: () => Promise<void>;
}

export async function openRaceTrack(cluster: TestCluster, name: string): Promise<RaceTrack> {
  const directory = await mkdtemp(join(tmpdir(), 'glip-race-'));
  await chmod(directory, 0o777);
  const { name: tenant, namespace } = await createTenant(cluster, name);
  const storage = { accessModes: ['ReadWriteMany'], storageClassName: '' };
  await must(cluster, 'POST', '/api/v1/persistentvolumes', {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      ...storage,
      capacity: { storage: '1Gi' },
      hostPath: { path: directory },
      claimRef: { namespace, name },
    },
  });
  await must(cluster, 'POST', `/api/v1/namespaces/${namespace}/persistentvolumeclaims`, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { ...storage, volumeName: name, resources: { requests: { storage: '1Gi' } } },
  });
  return {
    tenant,
    claim: name,
    written: (runId) =>
      readFile(join(directory, runId), 'utf8').then(
        (text) => text.trim(),
        () => undefined,
      ),
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

export interface RaceOptions {
  readonly seed: number;
  readonly track: RaceTrack;
  readonly steps: number;
  readonly concurrency: number;
  readonly onViolation?: (text: string) => void;
  readonly onEnd?: (done: number) => void;
}

export interface RaceResult {
  readonly seed: number;
  readonly steps: number;
  readonly seconds: number;
  readonly succeeded: number;
  readonly cancelled: number;
  readonly violations: readonly string[];
}

/**
 * Writes `finished` and reports success when its work is done, and `stopped` when it is told to stop before: whichever comes first, and
 * never both. A shell runs a trap between two commands, so nothing comes in between.
 */
const agent = `f=/race/$GLIP_RUN_ID
trap '[ -n "$done" ] || { echo stopped >$f; exit 143; }' TERM
sleep $WORK & wait $!
done=1; echo finished >$f; echo '{"status":"success"}' >/dev/termination-log; exit 0`;

/** How long the agents work, in milliseconds. */
const work = { min: 800, max: 1_600 };
/** By how much each end moves the next cancel towards where the other end is. */
const stepMs = 80;

/** Issue 6, proof 3: cancels that meet the success of their steps. */
export async function runRace(
  cluster: TestCluster,
  client: ExecutorClient,
  options: RaceOptions,
): Promise<RaceResult> {
  const { seed, track, steps, concurrency, onEnd = () => undefined } = options;
  const random = createRandom(seed);
  const tally = createTally(options.onViolation);
  const never = new AbortController().signal;
  const ends = { SUCCEEDED: 0, CANCELLED: 0 };
  let started = 0;
  let done = 0;
  /** Where cancel and success meet is found out: it depends on the machine. */
  let bias = 0;

  const race = async (): Promise<void> => {
    const workMs = random.between(work.min, work.max);
    const cancelMs = workMs + bias + random.between(-60, 60);
    const runId = randomUUID();
    const wish = {
      ...shell(agent, {
        options: {
          env: { WORK: String(workMs / 1_000) },
          volumes: [{ name: 'race', mountPath: '/race', source: { case: 'claim', value: track.claim } }],
        },
      }),
      tenant: track.tenant,
      runId,
      resources: { cpu: '50m', memory: '64Mi' },
    };
    const request = aStep(cluster, wish);
    await client.submit(request);
    const watch = client.watch(request.key);
    await watch.until('it runs', ({ phase }) => phase >= StepPhase.RUNNING);
    await sleep(Math.max(0, cancelMs), never);
    await client.cancel(request.key, 'enough');
    const end = await watch.final();
    const state = stateName(end);
    const written = await track.written(runId);
    const fits =
      state === 'SUCCEEDED' ? written === 'finished' : state === 'CANCELLED' && written !== 'finished';
    if (!fits) tally.violation(`${runId} ended ${state}, and its agent has written ${written ?? 'nothing'}`);
    else ends[state as keyof typeof ends] += 1;
    bias += state === 'SUCCEEDED' ? -stepMs : stepMs;
    const again = stateName(await client.get(request.key));
    if (again !== state) tally.violation(`${runId} ended ${state}, and then ${again}`);
    watch.close();
  };

  const began = performance.now();
  const worker = async (): Promise<void> => {
    while (started < steps) {
      started += 1;
      await race();
      done += 1;
      onEnd(done);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return {
    seed,
    steps,
    seconds: (performance.now() - began) / 1_000,
    succeeded: ends.SUCCEEDED,
    cancelled: ends.CANCELLED,
    violations: tally.violations,
  };
}
