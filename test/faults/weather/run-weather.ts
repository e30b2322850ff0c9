import { connect } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { startExecutorProcess } from '../../support/executor-process.ts';
import { cpuMs, residentMiB } from '../../support/processes.ts';
import { createTenant } from '../../support/tenants.ts';
import { createAttendance } from '../load/attendance.ts';
import { takeCensus } from '../load/census.ts';
import { followFleet } from '../load/follow-fleet.ts';
import { persist } from '../load/persist.ts';
import { askAgain } from '../load/recount.ts';
import { runLoad } from '../load/run-load.ts';
import { createTally, type Tally } from '../load/tally.ts';
import type { Phase } from '../proxy/weather.ts';
import { createRandom } from '../random.ts';
import { startJobMarks } from './job-marks.ts';
import type { Claim } from './ledger.ts';
import { startMarker } from './marker.ts';
import { createPhaseLog, type WeatherFigures } from './phase-log.ts';
import { openProxiedAccess } from './proxied-access.ts';
import { judgeFigures, type Limits } from './verdict.ts';

export interface WeatherOptions {
  readonly seed: number;
  readonly phases: readonly Phase[];
  readonly concurrency: number;
  readonly watchers: number;
  readonly maxRunMs: number;
  /** More flags of the executor. */
  readonly flags?: readonly string[];
  readonly limits: Limits;
  /** Bound on the whole. */
  readonly timeoutMs: number;
  readonly onViolation?: (text: string) => void;
  readonly onPhase?: (phase: Phase, tally: Tally) => void;
}

export interface WeatherResult extends WeatherFigures {
  readonly seed: number;
  readonly steps: number;
  readonly seconds: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
  /** What the proxy did to how many exchanges. */
  readonly played: Readonly<Record<string, number>>;
  /** In use after a collection, before the load and after it, in MiB; and the most that was resident. */
  readonly heapMiB: readonly [before: number, after: number];
  readonly residentMiBMost: number;
}

/** More than any run begins. */
const plenty = 50_000;
const MiB = 1024 * 1024;
/** As long as a silent watch may be taken for a quiet one; see REFLECTOR_TUNING. */
const silentMs = 125_000;

/** Issue "the truth about a step", proof 3: bad weather between the executor and its API server. */
export async function runWeather(cluster: TestCluster, options: WeatherOptions): Promise<WeatherResult> {
  const { seed, timeoutMs } = options;
  const random = createRandom(seed);
  const tally = createTally(options.onViolation);
  const tenant = await createTenant(cluster, `weather-${seed}`);
  const proxied = await openProxiedAccess(cluster.access, random.fork());
  const leaving = new AbortController();
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), leaving.signal]);
  const underWay: Promise<unknown>[] = [];
  /** Ends with the run, also when something else fails before; that one is told then. */
  const own = <T>(promise: Promise<T>): Promise<T> => {
    underWay.push(promise);
    promise.catch(() => undefined);
    return promise;
  };
  const flags = ['--heartbeat-interval', '1s', ...(options.flags ?? [])];
  const executor = await startExecutorProcess(proxied.access, flags);
  const clients = Array.from({ length: 4 }, () => connect(executor.grpc, { own: true }));
  const log = createPhaseLog();
  const clear = createAttendance(Date.now());
  let lastClaim: Claim | undefined;
  let residentMost = 0;
  const sampling = setInterval(() => {
    residentMost = Math.max(residentMost, residentMiB(executor.pid));
  }, 1_000);
  const began = performance.now();
  try {
    const client = clients[0]!;
    const common = { cluster, tenant: tenant.name, tally, signal };
    const marker = await startMarker({
      ...common,
      client,
      random: random.fork(),
      everyMs: [500, 3_000],
      onClaim(claim, judged) {
        lastClaim = claim;
        log.claim(claim, judged);
      },
    });
    const jobMarks = await startJobMarks({
      ...common,
      client,
      random: random.fork(),
      everyMs: [1_000, 3_000],
      claim: () => lastClaim,
    });
    const before = await executor.memory();
    const marking = new AbortController();
    const stopping = AbortSignal.any([marking.signal, signal]);
    const marked = own(Promise.all([marker.write(stopping), jobMarks.run(stopping)]));

    const fleet = followFleet({ client, tenant: tenant.name, tally, signal });
    let over = false;
    let calm = false;
    const weather = own(
      proxied.play(options.phases, signal, (phase) => {
        if ((phase.name === 'calm') !== calm) {
          if (phase.name === 'calm') clear.up(Date.now());
          else clear.down(Date.now());
        }
        calm = phase.name === 'calm';
        log.begin(phase.name, Date.now(), cpuMs(executor.pid));
        options.onPhase?.(phase, tally);
      }),
    );
    const { concurrency, watchers, maxRunMs } = options;
    const load = own(
      runLoad({
        ...common,
        clients,
        random,
        steps: plenty,
        more: () => !over,
        // A watch that has gone silent is found out later, and what it would have told may be gone by then.
        unattended: (from, to) => clear.gapWithin(from - silentMs, to),
        concurrency,
        watchers,
        maxRunMs,
      }),
    );
    void weather.then(() => {
      over = true;
    });
    // The marks end later: they only end a run by failing.
    const ended = await Promise.race([load, marked.then(() => load)]);
    const figures = log.end(Date.now(), cpuMs(executor.pid));
    marking.abort();
    await marked;
    await persist('cancels', tally, signal, () => client.cancel(marker.request.key, 'the run is over'));
    const all = [...ended, { request: marker.request, end: await marker.end }];
    await fleet.told(all);
    await askAgain(client, all, tally, signal);
    await takeCensus(cluster, tenant.namespace, all, tally);
    for (const line of executor.errors) tally.violation(`the executor logged ${line}`);
    const heapMiB = [before / MiB, (await executor.memory()) / MiB] as const;
    const measured = { ...figures, heapMiB, residentMiBMost: residentMost };
    judgeFigures(measured, options.limits).forEach(tally.violation);
    return {
      seed,
      steps: all.length,
      seconds: (performance.now() - began) / 1_000,
      ...measured,
      counts: tally.counts(),
      violations: tally.violations,
      played: proxied.proxy.played(),
    };
  } catch (error) {
    throw new Error(`the run did not come to its end: ${tally.print()}`, { cause: error });
  } finally {
    clearInterval(sampling);
    leaving.abort(new Error('the run is over'));
    await Promise.allSettled(underWay);
    for (const each of clients) each.close();
    await executor.kill();
    await proxied.close();
  }
}
