import { describe, expect, test } from 'vitest';
import { createModel } from './model.ts';
import { wideSettings } from './settings.ts';
import { walk } from './walk.ts';

describe('every law holds in 150 lives of', () => {
  test.each(wideSettings)('$name', { timeout: 120_000 }, (setting) => {
    const { violation, steps } = walk(createModel(setting), 150, 1);
    expect(violation).toBeUndefined();
    expect(steps).toBeGreaterThan(2_500);
  });
});
