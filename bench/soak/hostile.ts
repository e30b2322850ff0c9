import { type HostileResult, runHostile } from '../../test/fuzz/hostile/run-hostile.ts';
import { tell } from '../support/report.ts';
import type { Soak, SoakResult } from './soak.ts';

type HostileSoakResult = SoakResult & Omit<HostileResult, 'violations'>;

const soak = (victim: HostileResult['victim'], what: string): Soak<HostileSoakResult> => ({
  what: `50,000 ${what}`,
  async run({ seed, quick, steps: exchanges = quick ? 2_000 : 50_000 }) {
    const result = await runHostile({
      victim,
      exchanges,
      seed,
      onProgress: (done) => tell(`${done} of ${exchanges}`),
    });
    for (const violation of result.violations) tell(`VIOLATION: ${violation}`);
    return { seed, ...result, violations: result.violations.slice(0, 50) };
  },
});

/** Strangers at the ports of an executor on loopback. */
export const hostile = soak(
  'plain',
  'hostile exchanges over HTTP/2 and HTTP/1.1 with an executor in a process of its own',
);

/** The same at ports with TLS, where some strangers show a certificate that is good. */
export const hostileSecured = soak('secured', 'of them with TLS, client certificates and a policy');
