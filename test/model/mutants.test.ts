import { describe, expect, test } from 'vitest';
import { behind, explore } from './explore.ts';
import { createModel } from './model.ts';
import { mutants } from './mutants.ts';

// That the real parts break none of them there is seen in small.test.ts and wide.test.ts.
describe('the model finds out an executor that', () => {
  test.each(mutants)('$name', { timeout: 60_000 }, ({ setting, parts, law, name, ...mutant }) => {
    const model = behind(createModel({ name, ...setting }, parts), mutant.behind ?? []);
    const { violation } = explore(model, { states: 60_000 });
    expect(violation?.law ?? 'none').toContain(law);
  });
});
