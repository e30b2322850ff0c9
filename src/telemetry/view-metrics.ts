import { Counter, Gauge, type Registry } from 'prom-client';

/** What a view of the cluster says of itself. Counters only grow. */
export interface MeasuredView {
  readonly name: string;
  readonly status: () => {
    readonly synced: boolean;
    readonly size: number;
    readonly events: number;
    readonly relists: number;
    readonly reconnects: number;
    readonly errors: number;
  };
  /** Age of what the view is proven to contain, in milliseconds; Infinity when nothing is proven. */
  readonly ageMs: () => number;
}

type Counted = 'events' | 'relists' | 'reconnects' | 'errors';

const counters: Readonly<Record<Counted, string>> = {
  events: 'Changes that the watch has told.',
  relists:
    'Lists after the first one: the watch was lost in a way that could not be resumed, or was doubted.',
  reconnects: 'Watches that were opened again.',
  errors: 'Rounds of list and watch that failed.',
};

/** Metrics of the views, read from them whenever somebody scrapes. */
export function measureViews(registry: Registry, views: readonly MeasuredView[]): void {
  const labelNames = ['view'];
  const registers = [registry];
  const gauge = (name: string, help: string, read: (view: MeasuredView) => number) =>
    new Gauge({
      name: `glip_executor_view_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        for (const view of views) this.set({ view: view.name }, read(view));
      },
    });
  gauge(
    'freshness_seconds',
    'Age of the newest confirmed view of the cluster; +Inf while none is confirmed. About 20 s at most on a healthy cluster where nothing happens.',
    (view) => view.ageMs() / 1000,
  );
  gauge('synced', '1 once the view was complete.', (view) => (view.status().synced ? 1 : 0));
  gauge('objects', 'Objects in the view.', (view) => view.status().size);
  for (const [name, help] of Object.entries(counters) as [Counted, string][]) {
    new Counter({
      name: `glip_executor_view_${name}_total`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const view of views) this.inc({ view: view.name }, view.status()[name]);
      },
    });
  }
}

/** The number of steps whose record is held until somebody acknowledges it. */
export function measureRetained(registry: Registry, retained: () => number): void {
  new Gauge({
    name: 'glip_executor_retained_steps',
    help: 'Steps whose Job is held by a finalizer until their end is acknowledged, or the bound on that has passed.',
    registers: [registry],
    collect() {
      this.set(retained());
    },
  });
}
