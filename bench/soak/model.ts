import { explore, type Violation } from '../../test/model/explore.ts';
import { createModel } from '../../test/model/model.ts';
import { pairs, wideSettings } from '../../test/model/settings.ts';
import { walk } from '../../test/model/walk.ts';
import { tell } from '../support/report.ts';
import type { Soak, SoakResult } from './soak.ts';

export interface ModelResult extends SoakResult {
  readonly statesPerWorld: number;
  readonly worlds: number;
  /** Worlds of which every state was seen. */
  readonly complete: number;
  readonly states: number;
  readonly transitions: number;
  /** Steps from the first state within which every state of every world was seen, and of the farthest one. */
  readonly depth: { readonly least: number; readonly most: number };
  /** At random, to the end of each. */
  readonly lives: number;
  readonly stepsOfLives: number;
  readonly cpuSeconds: number;
}

/** The model checker of test/model, with every two events in one life. */
export const model: Soak<ModelResult> = {
  what: 'every two events in the life of a step: the nearest 8,000 states of each world, and 6,000 lives at random',
  async run({ seed, quick, steps: statesPerWorld = quick ? 300 : 8_000 }) {
    const lives = quick ? 10 : 1_000;
    const before = process.cpuUsage();
    const violations: string[] = [];
    const judge = (name: string, violation: Violation | undefined) => {
      if (violation === undefined) return;
      violations.push(`${name}: ${violation.law}; ${violation.trace.join(' > ')}`);
      tell(`VIOLATION of ${name}: ${violation.law}\n  ${violation.trace.join('\n  ')}`);
    };
    const explored = [...pairs()].map((setting) => {
      const { violation, ...seen } = explore(createModel(setting), { states: statesPerWorld });
      judge(setting.name, violation);
      tell(`${setting.name}: ${seen.states} states, depth ${seen.depth}${seen.complete ? ', all' : ''}`);
      return seen;
    });
    const walked = wideSettings.map((setting) => {
      const { violation, walks, steps } = walk(createModel(setting), lives, seed);
      judge(setting.name, violation);
      tell(`${setting.name}: ${walks} lives, ${steps} steps`);
      return { walks, steps };
    });
    const { user, system } = process.cpuUsage(before);
    return {
      seed,
      statesPerWorld,
      worlds: explored.length,
      complete: explored.filter((e) => e.complete).length,
      states: sum(explored.map((e) => e.states)),
      transitions: sum(explored.map((e) => e.transitions)),
      depth: {
        least: Math.min(...explored.map((e) => e.depth)),
        most: Math.max(...explored.map((e) => e.depth)),
      },
      lives: sum(walked.map((w) => w.walks)),
      stepsOfLives: sum(walked.map((w) => w.steps)),
      cpuSeconds: Math.round((user + system) / 1e6),
      violations: violations.slice(0, 50),
    };
  },
};

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
