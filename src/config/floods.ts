import { duration, integer } from './kinds.ts';
import { required } from './setting.ts';

/** What strangers may take of an executor; docs/security.md, "Floods and hostile input". */
export const floods = {
  connections: required(
    integer(1, 1_000_000),
    '4096',
    'Most connections of each port; more are closed at once.',
  ),
  connectionsPerAddress: required(
    integer(1, 1_000_000),
    // A client of gRPC has one. Behind a proxy all of them come from its address.
    '1024',
    'Most of them from one address.',
  ),
  streamsPerConnection: required(
    integer(1, 1_000_000),
    // One orchestrator may watch 10,000 steps, measured at 12 KB each.
    '16384',
    'Most calls at once on one gRPC connection; more wait at the client.',
  ),
  calls: required(
    integer(1, 1_000_000),
    // Some 440 MB resident per 10,000 watches (bench/README.md).
    '20000',
    'Most calls and streams under way, over both ports; more are refused with RESOURCE_EXHAUSTED. Probes are counted by themselves.',
  ),
  callsPerCaller: required(
    integer(1, 1_000_000),
    // One orchestrator with all its watches, and room for others.
    '16384',
    'Most of them of one identity.',
  ),
  unreadMegabytes: required(
    integer(16, 65_536),
    // 64 of the largest requests.
    '256',
    'What requests that are not complete may hold in memory, over both ports, in MiB; one address gets a quarter of it.',
  ),
  requestTime: required(
    duration({ min: '100ms', max: '1h' }),
    '1m',
    'How long a client may take for its request, and a stream of requests (reflection) may last.',
  ),
  idleConnection: required(
    duration({ min: '1s', max: '24h' }),
    '10m',
    'A gRPC connection without a call is closed after it; clients connect again by themselves.',
  ),
} as const;
