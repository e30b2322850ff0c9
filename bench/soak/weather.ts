import { drawWeather } from '../../test/faults/proxy/weather.ts';
import { createRandom } from '../../test/faults/random.ts';
import { roomyNodes } from '../../test/faults/roomy.ts';
import { runWeather, type WeatherResult } from '../../test/faults/weather/run-weather.ts';
import { startRealCluster } from '../../test/support/real-cluster.ts';
import { tell } from '../support/report.ts';
import type { Soak } from './soak.ts';

/** Bad weather between an executor and its API server. */
export const weather: Soak<WeatherResult> = {
  what: '10 minutes of resets, silence, refusals, half frames and garbage between executor and API server',
  async run({ seed, quick, minutes = quick ? 1 : 10 }) {
    const totalMs = minutes * 60_000;
    const cluster = await startRealCluster({ nodes: roomyNodes });
    try {
      return await runWeather(cluster, {
        seed,
        phases: drawWeather(createRandom(seed), {
          totalMs,
          calmMs: [8_000, quick ? 12_000 : 40_000],
          badMs: [5_000, quick ? 8_000 : 30_000],
        }),
        concurrency: quick ? 10 : 25,
        watchers: 2,
        maxRunMs: 5_000,
        limits: {
          idleCpu: 0.05,
          recoveryMs: 75_000,
          calmClaimMs: 30_000,
          heapGrowthMiB: 60,
          residentMiB: 320,
        },
        timeoutMs: totalMs + 600_000,
        onViolation: (text) => tell(`VIOLATION ${text}`),
        onPhase({ name, ms }, tally) {
          const { violations = 0 } = tally.counts();
          tell(`${name} for ${(ms / 1_000).toFixed(0)} s; ${violations} violations so far`);
        },
      });
    } finally {
      await cluster.stop();
    }
  },
};
