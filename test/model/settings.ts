import { type Event, events, type Setting } from './world.ts';

/** A small world that is explored as far as it goes. */
export interface Small extends Setting {
  /** It has as many at the least: less means that the model has lost some. */
  readonly states: number;
  /** It goes farther: so many are looked at, those first that are nearest. */
  readonly bound?: number;
}

const alone = { kubernetes: '1.37', replicas: 1 } as const;
const steady = { ...alone, watchesLast: true } as const;

/** Small enough for each run of the tests. `npm run soak -- model` goes farther. */
export const settings: readonly Small[] = [
  { ...alone, name: 'nothing special', events: ['crash'], states: 1_400 },
  { ...alone, name: 'nothing special on 1.30', kubernetes: '1.30', events: ['crash'], states: 1_200 },
  { ...steady, name: 'two executors', replicas: 2, events: [], states: 13_000 },
  { ...steady, name: 'a cancel', events: ['cancel'], exits: [0], states: 18_000 },
  { ...steady, name: 'a cancel on 1.30', kubernetes: '1.30', events: ['cancel'], exits: [0], states: 20_000 },
  { ...steady, name: 'a timeout', events: ['time passes'], exits: [0], states: 24_000 },
  {
    ...steady,
    name: 'a timeout, and a pod that is deleted: as far as that',
    events: ['time passes', 'pod deleted'],
    exits: [0],
    states: 15_000,
    bound: 15_000,
  },
  { ...alone, name: 'a pod that is deleted', events: ['pod deleted'], exits: [0], states: 11_000 },
  { ...alone, name: 'a pod that is force-deleted', events: ['pod force-deleted'], exits: [0], states: 7_000 },
  { ...alone, name: 'an eviction', events: ['pod evicted'], exits: [3], states: 10_000 },
  { ...steady, name: 'a Job that is deleted', events: ['Job deleted'], exits: [0], states: 11_000 },
  {
    ...steady,
    name: 'a Job that expires, or is deleted in the foreground',
    events: ['Job expires', 'Job deleted in the foreground'],
    most: 1,
    exits: [0],
    states: 20_000,
  },
  {
    ...steady,
    name: 'a node that is lost',
    events: ['node lost', 'node back', 'pod force-deleted'],
    exits: [3],
    states: 13_000,
  },
  {
    ...alone,
    name: 'a node that is lost and given up',
    events: ['node lost', 'node deleted', 'node out of service'],
    exits: [0],
    states: 4_000,
  },
  { ...steady, name: 'at most once', events: ['crash'], once: true, states: 2_700 },
  {
    ...steady,
    name: 'at most once: a pod is taken from its Job',
    events: ['finalizer removed', 'pod force-deleted'],
    exits: [0],
    once: true,
    states: 12_000,
  },
];

/** Worlds in which too much can happen to see all of it: they are walked through at random. */
export const wideSettings: readonly Setting[] = [
  {
    name: 'two executors, cancels, timeouts and crashes',
    kubernetes: '1.37',
    replicas: 2,
    events: ['cancel', 'cancel', 'time passes', 'crash', 'crash'],
  },
  {
    name: 'two executors, and whatever may happen to a pod',
    kubernetes: '1.37',
    replicas: 2,
    events: ['cancel', 'crash', 'pod deleted', 'pod force-deleted', 'pod evicted', 'time passes'],
    most: 4,
  },
  {
    name: 'two executors, and whatever may happen to a Job, on 1.30',
    kubernetes: '1.30',
    replicas: 2,
    events: ['cancel', 'crash', 'Job deleted', 'Job deleted in the foreground', 'Job expires', 'pod deleted'],
    most: 3,
  },
  {
    name: 'two executors, and nodes that are lost',
    kubernetes: '1.37',
    replicas: 2,
    events: [
      'cancel',
      'crash',
      'node lost',
      'node back',
      'node lost',
      'node deleted',
      'node out of service',
      'pod force-deleted',
    ],
    most: 5,
  },
  {
    name: 'two executors, and lives',
    kubernetes: '1.37',
    replicas: 2,
    events: ['pod evicted', 'pod evicted', 'cancel', 'crash', 'time passes', 'Job deleted'],
    most: 4,
    replaces: true,
  },
  {
    name: 'a pod that is taken from its Job',
    kubernetes: '1.37',
    replicas: 1,
    events: ['finalizer removed', 'pod deleted', 'cancel', 'crash'],
  },
  {
    name: 'at most once: two executors, and a pod that is taken from its Job',
    kubernetes: '1.37',
    replicas: 2,
    events: [
      'finalizer removed',
      'finalizer removed',
      'pod deleted',
      'pod force-deleted',
      'cancel',
      'crash',
      'crash',
    ],
    most: 5,
    once: true,
  },
  {
    name: 'at most once on 1.30, with a Job that is deleted',
    kubernetes: '1.30',
    replicas: 2,
    events: ['finalizer removed', 'pod force-deleted', 'Job deleted', 'time passes', 'crash'],
    most: 4,
    once: true,
  },
];

const ofLostNodes: readonly Event[] = ['node back', 'node deleted', 'node out of service'];

/** Every two events in one life, of a Job that replaces pods and of one that does not. */
export function* pairs(): Generator<Setting> {
  for (const [i, first] of events.entries()) {
    for (const second of events.slice(i)) {
      // The model keeps one time that has passed.
      if (first === 'time passes' && second === first) continue;
      const two = [first, second];
      const lost = two.some((e) => ofLostNodes.includes(e)) && !two.includes('node lost');
      const these = lost ? ['node lost' as const, ...two] : two;
      for (const replaces of [false, true])
        yield {
          ...alone,
          name: `${these.join(', ')}${replaces ? '; pods are replaced' : ''}`,
          events: these,
          exits: [0],
          replaces,
        };
    }
  }
}
