import { parseArgs } from 'node:util';
import { seedFrom } from '../../test/faults/random.ts';
import { circumstances, keep, tell } from '../support/report.ts';
import { atMostOnce } from './at-most-once.ts';
import { cancels, cancelsAlone, race } from './cancels.ts';
import { disruption } from './disruption.ts';
import { fuzz } from './fuzz.ts';
import { hostile, hostileSecured } from './hostile.ts';
import { killings } from './killings.ts';
import { logs } from './logs.ts';
import { model } from './model.ts';
import { neighbours } from './neighbours.ts';
import type { Soak } from './soak.ts';
import { weather } from './weather.ts';

const soaks: Readonly<Record<string, Soak>> = {
  killings,
  disruption,
  cancels,
  'cancels-alone': cancelsAlone,
  race,
  weather,
  model,
  logs,
  'at-most-once': atMostOnce,
  fuzz,
  hostile,
  'hostile-secured': hostileSecured,
  neighbours,
};

const help = `npm run soak -- NAME [--seed N] [--steps N] [--minutes N] [--quick]

Long proofs on a real control plane (npm run test:real builds it); model, fuzz and hostile need none. The result goes to bench/results/soak-NAME.json.

${Object.entries(soaks)
  .map(([name, { what }]) => `  ${name.padEnd(15)} ${what}`)
  .join('\n')}

  --seed N     repeats a run; without it one is drawn, and told
  --steps N    instead of the full number of steps; of the model: states of each world; of logs: lines; of fuzz: inputs; of hostile: exchanges
  --minutes N  instead of the full time
  --quick      small counts, about a minute: proves that the proof works, and keeps no result`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      steps: { type: 'string' },
      minutes: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [name = ''] = positionals;
  const soak = soaks[name];
  if (values.help || soak === undefined) {
    console.log(help);
    return values.help ? 0 : 2;
  }
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const seed = seedFrom(values.seed);
  tell(`${name}: ${soak.what}\nseed ${seed}`);
  const context = circumstances();
  const options = { seed, quick: values.quick, steps: number(values.steps), minutes: number(values.minutes) };
  const result = await soak.run(options);
  console.log(JSON.stringify(result, null, 2));
  keep(`soak-${name}`, { ...context, ...result }, values.quick);
  tell(result.violations.length === 0 ? 'no violations' : `VIOLATIONS: ${result.violations.length}`);
  return result.violations.length === 0 ? 0 : 1;
}

process.exitCode = await main();
