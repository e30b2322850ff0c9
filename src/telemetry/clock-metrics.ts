import { Gauge, type Registry } from 'prom-client';

/** By how much the executor's clock is ahead, in milliseconds: between the two. */
interface MeasuredOffset {
  readonly least: number;
  readonly most: number;
}

/** The executor's clock against the API server's; nothing is exported before that is known. */
export function measureClock(registry: Registry, offset: () => MeasuredOffset | undefined): void {
  const gauge = (name: string, help: string, read: (offset: MeasuredOffset) => number) =>
    new Gauge({
      name: `glip_executor_clock_offset_${name}`,
      help,
      registers: [registry],
      // Without a label a gauge is 0 from the beginning.
      collect() {
        const known = offset();
        this.remove();
        if (known !== undefined) this.set(read(known) / 1000);
      },
    });
  gauge(
    'seconds',
    "The executor's clock minus the API server's, by the Date of its answers. Timeouts and graces are early by as much.",
    ({ least, most }) => (least + most) / 2,
  );
  gauge(
    'error_seconds',
    'The most by which glip_executor_clock_offset_seconds may be wrong.',
    ({ least, most }) => (most - least) / 2,
  );
}
