import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** A call that begins, as the gRPC and HTTP edges report it. */
export interface MeasuredCall {
  /** `package.Service/Method` of a registered method: the label is bounded by the contract. */
  readonly method: string;
  readonly kind: 'unary' | 'stream';
  readonly protocol: string;
}

/** The same call when it is over. */
export interface MeasuredCallEnd extends MeasuredCall {
  /** Name of the gRPC status. */
  readonly code: string;
  readonly durationMs: number;
}

export interface Metrics {
  /** Our own and not prom-client's global one, so that two servers in a process do not mix. */
  readonly registry: Registry;
  /** Ends that were told without a record on their Job. */
  readonly unrecordedEnds: Pick<Counter, 'inc'>;
  /** Told of each decision about a call; `rpc` is one of the contract, or a page. */
  decided(rpc: string, outcome: 'allowed' | 'denied' | 'unauthenticated'): void;
  /** Told of what a limit has kept out before it was a call; `why` is one of a few words. */
  refused(port: 'grpc' | 'http' | 'both', why: string): void;
  readonly rpc: {
    started(call: MeasuredCall): void;
    ended(call: MeasuredCallEnd): void;
  };
}

/** From half a millisecond, an answer from memory, to the 10 s after which callers have given up. */
const RPC_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What tells one executor from another. */
export interface BuildInfo {
  readonly version: string;
  readonly clusterId: string;
}

/** The metrics of the process and of its calls. All names begin with glip_executor_ except the process's own. */
export function createMetrics(build?: BuildInfo): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  if (build !== undefined) {
    const help = 'Always 1: which version runs, in which cluster.';
    const labelNames = ['version', 'cluster_id'];
    new Gauge({ name: 'glip_executor_info', help, labelNames, registers }).set(
      { version: build.version, cluster_id: build.clusterId },
      1,
    );
  }
  const handled = new Counter({
    name: 'glip_executor_rpc_handled_total',
    help: 'Calls that ended, by their gRPC status.',
    labelNames: ['method', 'protocol', 'code'],
    registers,
  });
  const duration = new Histogram({
    name: 'glip_executor_rpc_duration_seconds',
    help: 'Time from the request to the answer of unary calls. Streams last as long as their steps and are not in it.',
    labelNames: ['method', 'code'],
    buckets: RPC_SECONDS,
    registers,
  });
  const open = new Gauge({
    name: 'glip_executor_rpc_open',
    help: 'Calls and streams under way.',
    labelNames: ['method', 'protocol'],
    registers,
  });
  const unrecordedEnds = new Counter({
    name: 'glip_executor_unrecorded_ends_total',
    help: 'Ends that were told without a record, since their Job takes none: others have filled its annotations. Not told alike after a restart.',
    registers,
  });
  const decisions = new Counter({
    name: 'glip_executor_access_decisions_total',
    help: 'Calls that were allowed, denied, or of somebody who is not known.',
    labelNames: ['rpc', 'outcome'],
    registers,
  });
  const refusals = new Counter({
    name: 'glip_executor_refused_total',
    help: 'Connections and requests that a limit against floods has kept out, or that were no HTTP: docs/security.md says which limit.',
    labelNames: ['port', 'why'],
    registers,
  });
  return {
    registry,
    unrecordedEnds,
    refused: (port, why) => refusals.inc({ port, why }),
    decided: (rpc, outcome) => decisions.inc({ rpc, outcome }),
    rpc: {
      started: ({ method, protocol }) => open.inc({ method, protocol }),
      ended: ({ method, protocol, kind, code, durationMs }) => {
        open.dec({ method, protocol });
        handled.inc({ method, protocol, code });
        if (kind === 'unary') duration.observe({ method, code }, durationMs / 1000);
      },
    },
  };
}
