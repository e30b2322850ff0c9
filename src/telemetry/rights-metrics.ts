import { Counter, type Registry } from 'prom-client';

/** Counts what the API server refuses for want of a right; returns what is to be called with its name. */
export function countMissingRights(registry: Registry): (right: string) => void {
  const counter = new Counter({
    name: 'glip_executor_missing_rights_total',
    help: 'Calls that the API server has refused because the executor lacks a right, by that right. deploy/rbac.yaml has them all.',
    labelNames: ['right'],
    registers: [registry],
  });
  return (right) => counter.inc({ right });
}
