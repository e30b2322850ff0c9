import { Counter, Gauge, type Registry } from 'prom-client';
import { type MeasuredEgress, measureEgress } from './egress-metrics.ts';

/** What is measured of a tenant. */
export interface MeasuredTenant {
  readonly state: string;
  /** Somebody else's NetworkPolicy adds to what its pods reach, or to who reaches them. */
  readonly widened: boolean;
}

export interface TenantMetrics {
  /** Asked whenever somebody scrapes; undefined while nobody has found out. */
  measureEgress(known: () => MeasuredEgress | undefined): void;
  readonly repairs: { inc(labels: { readonly kind: string }): void };
  /** Counts the tenants whenever somebody scrapes. */
  measure(tenants: () => readonly MeasuredTenant[]): void;
  /** Counts those that a file declares, by their state of these. */
  measureDeclared(states: readonly string[], current: () => readonly string[]): void;
}

const states = ['PROVISIONING', 'READY', 'DEGRADED', 'DELETING'];

export function createTenantMetrics(registry: Registry): TenantMetrics {
  const registers = [registry];
  const repairs = new Counter({
    name: 'glip_executor_tenant_repairs_total',
    help: "Objects of tenants that somebody had changed or removed, and that this executor has put right. The log and an Event in the tenant's namespace say which.",
    labelNames: ['kind'],
    registers,
  });
  return {
    measureEgress: (known) => measureEgress(registry, known),
    repairs,
    measure(tenants) {
      new Gauge({
        name: 'glip_executor_tenants',
        help: 'Tenants whose namespaces this executor keeps, by their state.',
        labelNames: ['state'],
        registers,
        collect() {
          const all = tenants();
          for (const state of states) this.set({ state }, all.filter((t) => t.state === state).length);
        },
      });
      new Gauge({
        name: 'glip_executor_tenants_widened',
        help: "Tenants in whose namespaces NetworkPolicies of others add to what their pods reach, or to who reaches them. The tenant's problems say which.",
        registers,
        collect() {
          this.set(tenants().filter((t) => t.widened).length);
        },
      });
    },
    measureDeclared(states, current) {
      new Gauge({
        name: 'glip_executor_declared_tenants',
        help: 'Tenants that the file of tenants describes: applied, not tried yet (pending), or failed, which take no steps until somebody helps; the log says how.',
        labelNames: ['state'],
        registers,
        collect() {
          const now = current();
          for (const state of states) this.set({ state }, now.filter((one) => one === state).length);
        },
      });
    },
  };
}
