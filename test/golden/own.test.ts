import { describe, test } from 'vitest';
import { expectGolden } from './golden.ts';
import { ownCases, readOwnTimeline } from './timeline.ts';
import { toldOf } from './told.ts';

describe('recorded of steps that this executor ran on a real node', () => {
  test.each(ownCases)('%s', (name) =>
    expectGolden(
      new URL(`./testdata/own/${name}.golden.json`, import.meta.url),
      toldOf(readOwnTimeline(name)),
    ),
  );
});
