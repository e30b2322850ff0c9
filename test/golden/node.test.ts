import { describe, test } from 'vitest';
import { expectGolden } from './golden.ts';
import { cases, readTimeline } from './timeline.ts';
import { toldOf } from './told.ts';

describe('recorded on a real node', () => {
  test.each(cases)('%s', (name) =>
    expectGolden(new URL(`./testdata/node/${name}.golden.json`, import.meta.url), toldOf(readTimeline(name))),
  );
});
