import { targets } from '../../test/fuzz/parsers/targets.ts';
import { runFuzz, type Tried } from '../../test/fuzz/run-fuzz.ts';
import { tell } from '../support/report.ts';
import type { Soak, SoakResult } from './soak.ts';

export interface FuzzSoakResult extends SoakResult {
  readonly inputs: number;
  readonly accepted: number;
  readonly byTarget: Readonly<Record<string, Tried>>;
  readonly cpuSeconds: number;
}

/** Every parser of what strangers, files and agents write. */
export const fuzz: Soak<FuzzSoakResult> = {
  what: '1,000,000 inputs through all parsers, from valid samples by seeded mutations, and noise',
  async run({ seed, quick, steps: inputs = quick ? 30_000 : 1_000_000 }) {
    const before = process.cpuUsage();
    const violations: string[] = [];
    const result = await runFuzz({
      targets,
      inputs,
      seed,
      onFailure({ target, input, why }) {
        violations.push(`${target}: ${JSON.stringify(input).slice(0, 2_000)}: ${why}`);
        tell(`VIOLATION of ${target}: ${JSON.stringify(input).slice(0, 2_000)}\n  ${why}`);
      },
    });
    const { user, system } = process.cpuUsage(before);
    return {
      seed,
      inputs: result.inputs,
      accepted: Object.values(result.byTarget).reduce((sum, { accepted }) => sum + accepted, 0),
      byTarget: result.byTarget,
      cpuSeconds: Math.round((user + system) / 1e6),
      violations: violations.slice(0, 50),
    };
  },
};
