import { Gauge, type Registry } from 'prom-client';

/** What is known of the network plugin. */
export interface MeasuredEgress {
  readonly state: 'enforced' | 'open';
  /** RFC 3339. */
  readonly time: string;
}

const states = ['enforced', 'open', 'unknown'] as const;

/** `known` is asked whenever somebody scrapes; undefined while nobody has found out. */
export function measureEgress(registry: Registry, known: () => MeasuredEgress | undefined): void {
  const registers = [registry];
  new Gauge({
    name: 'glip_executor_network_policies_enforced',
    help: 'Whether the network plugin enforces NetworkPolicies, as the last "glip-executor check --egress" has found: 1 at what holds, 0 at the others.',
    labelNames: ['state'],
    registers,
    collect() {
      const now = known()?.state ?? 'unknown';
      for (const state of states) this.set({ state }, state === now ? 1 : 0);
    },
  });
  new Gauge({
    name: 'glip_executor_network_policies_checked_timestamp_seconds',
    help: 'When that was; 0 while nobody has found out.',
    registers,
    collect() {
      const time = known()?.time;
      this.set(time === undefined ? 0 : Date.parse(time) / 1_000);
    },
  });
}
