import { describe } from 'vitest';
import { isNodeAvailable } from '../support/node/start.ts';
import { describeFailures } from './describe-failures.ts';
import { exits } from './exits.ts';
import { images } from './images.ts';
import { memory } from './memory.ts';
import { outages } from './outages.ts';
import { removals } from './removals.ts';
import { reports } from './reports.ts';
import { starts } from './starts.ts';
import { stops } from './stops.ts';
import { volumes } from './volumes.ts';

describe.skipIf(!isNodeAvailable())('on a real node', () =>
  describeFailures({
    concurrent: { volumes, exits, reports, memory, starts, images, stops, removals },
    alone: { outages },
  }),
);
