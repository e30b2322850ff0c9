import { describe, expect, test } from 'vitest';
import { explore } from './explore.ts';
import { createModel } from './model.ts';
import { settings } from './settings.ts';

describe('every law holds in every state of', () => {
  test.each(settings)('$name', { timeout: 120_000 }, (setting) => {
    const { bound } = setting;
    const explored = explore(createModel(setting), bound === undefined ? {} : { states: bound });
    expect(explored.violation).toBeUndefined();
    expect(explored.complete).toBe(bound === undefined);
    expect(explored.states).toBeGreaterThanOrEqual(setting.states);
  });
});
